import numpy as np
import pytest

from components.serving_validator.comparison import differences

OFFLINE = {
    "movie_ids": np.array([[10, 20]]),
    "scores": np.array([[0.5, 0.25]], np.float32),
    "titles": np.array([[b"Ten", b"Twenty"]], object),
}


def told(tolerance: float = 1e-5, **served: object) -> list[str]:
    found = differences("q", served=OFFLINE | served, offline=OFFLINE, tolerance=tolerance)
    return [str(finding) for finding in found]


def test_the_same_answer_passes():
    assert told() == []


@pytest.mark.parametrize(("difference", "count"), [(0.9e-5, 0), (1.1e-5, 1), (-1.1e-5, 1)])
def test_numbers_may_be_apart_by_the_tolerance(difference, count):
    scores = OFFLINE["scores"] + np.array([[0, difference]], np.float32)
    assert len(told(scores=scores)) == count


def test_a_number_that_is_too_far_is_told_with_place_and_both_values():
    assert told(scores=np.array([[0.5, 0.75]], np.float32)) == [
        "q, output scores[0][1]: expected 0.25 within 1e-05, as offline. Received: 0.75"
    ]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_finite_number_is_told_even_where_offline_has_it_too(value):
    both = {"scores": np.array([[value, 0.25]], np.float32)}
    (finding,) = differences("q", served=both, offline=both, tolerance=1.0)
    assert str(finding) == f"q, output scores[0][0]: expected a finite number. Received: {value}"


def test_ids_and_texts_must_be_the_same():
    assert told(movie_ids=np.array([[10, 30]]), titles=np.array([[b"Ten", b"Thirty"]], object)) == [
        "q, output movie_ids[0][1]: expected 20, as offline. Received: 30",
        "q, output titles[0][1]: expected b'Twenty', as offline. Received: b'Thirty'",
    ]


def test_another_shape_is_told():
    assert told(movie_ids=np.array([[10]])) == [
        "q, output movie_ids: expected shape (1, 2). Received: shape (1, 1)"
    ]


def test_other_outputs_are_told():
    assert told(tier=np.array([b"model"], object)) == [
        "q: expected movie_ids, scores, titles. Received: movie_ids, scores, tier, titles"
    ]

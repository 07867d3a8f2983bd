import numpy as np
import pytest

from components.serving_validator.trial import differences
from serving.tensors import Array

OFFLINE = {
    "movie_ids": np.array([[10, 20]]),
    "scores": np.array([[0.5, 0.25]], np.float32),
    "titles": np.array([[b"Ten", b"Twenty"]], object),
}


# The whole list of which OFFLINE is the beginning: 20 and 30 tie, 40 nearly does.
WHOLE = {
    "movie_ids": np.array([[10, 20, 30, 40, 50]]),
    "scores": np.array([[0.5, 0.25, 0.25, 0.249995, 0.2]], np.float32),
    "titles": np.array([[b"Ten", b"Twenty", b"Thirty", b"Forty", b"Fifty"]], object),
}
DESCRIBED = {
    "embeddings": np.array([[0.6, 0.8]], np.float32),
    "similar_movie_ids": WHOLE["movie_ids"][:, :2],
}


def told(
    tolerance: float = 1e-5, whole: dict[str, Array] | None = None, **served: Array
) -> list[str]:
    found = differences(
        "q", served=OFFLINE | served, offline=OFFLINE, tolerance=tolerance, ranking=lambda: whole
    )
    return [str(finding) for finding in found]


def told_of_list(
    ids: list[int], whole: dict[str, Array] | None = WHOLE, **served: Array
) -> list[str]:
    """Of a served list whose titles and scores are those of its movies."""
    places = [WHOLE["movie_ids"][0].tolist().index(movie) for movie in ids]
    answer = {name: array[:, places] for name, array in WHOLE.items()}
    offline = {name: array[:, : len(ids)] for name, array in WHOLE.items()}
    found = differences(
        "q", served=answer | served, offline=offline, tolerance=1e-5, ranking=lambda: whole
    )
    return [str(finding) for finding in found]


def test_the_same_answer_passes() -> None:
    assert told() == []


@pytest.mark.parametrize(("difference", "count"), [(0.9e-5, 0), (1.1e-5, 1), (-1.1e-5, 1)])
def test_numbers_may_be_apart_by_the_tolerance(difference: float, count: int) -> None:
    scores = OFFLINE["scores"] + np.array([[0, difference]], np.float32)
    assert len(told(scores=scores)) == count


def test_a_number_that_is_too_far_is_told_with_place_and_both_values() -> None:
    assert told(scores=np.array([[0.5, 0.75]], np.float32)) == [
        "q, output scores[0][1]: expected 0.25 within 1e-05, as offline. Received: 0.75"
    ]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_finite_number_is_told_even_where_offline_has_it_too(value: float) -> None:
    both = {"scores": np.array([[value, 0.25]], np.float32)}
    (finding,) = differences("q", served=both, offline=both, tolerance=1.0)
    assert str(finding) == f"q, output scores[0][0]: expected a finite number. Received: {value}"


def test_ids_and_texts_must_be_the_same() -> None:
    assert told(movie_ids=np.array([[10, 30]]), titles=np.array([[b"Ten", b"Thirty"]], object)) == [
        "q, output movie_ids[0][1]: expected 20, as offline. Received: 30",
        "q, output titles[0][1]: expected b'Twenty', as offline. Received: b'Thirty'",
    ]


@pytest.mark.parametrize(
    "ids",
    [[10, 30, 20], [10, 20, 30], [10, 30], [10, 40], [10, 40, 20]],
    ids=["changed places", "as they are", "at the end", "nearly", "nearly, and changed places"],
)
def test_movies_of_equal_scores_may_take_each_other_s_place(ids: list[int]) -> None:
    assert told_of_list(ids) == []


def test_without_the_whole_list_ids_must_be_the_same() -> None:
    assert told_of_list([10, 30], whole=None)[0] == (
        "q, output movie_ids[0][1]: expected 20, as offline. Received: 30"
    )


@pytest.mark.parametrize(
    ("ids", "finding"),
    [
        ([20, 10], "movie_ids[0][0]: expected 10, as offline. Received: 20"),
        ([10, 50], "movie_ids[0][1]: expected 20, as offline. Received: 50"),
        ([10, 20, 20], "movie_ids[0][2]: expected 30, as offline. Received: 20"),
    ],
    ids=["unlike scores", "too low", "twice"],
)
def test_any_other_order_is_told_even_if_the_scores_are_right(ids: list[int], finding: str) -> None:
    scores = WHOLE["scores"][:, : len(ids)]
    assert told_of_list(ids, scores=scores)[0] == f"q, output {finding}"


def test_a_movie_that_offline_would_not_list_at_all_is_told() -> None:
    assert told(whole=WHOLE, movie_ids=np.array([[10, 60]])) == [
        "q, output movie_ids[0][1]: expected 20, as offline. Received: 60"
    ]


def test_the_title_goes_with_its_movie() -> None:
    assert told(whole=WHOLE, movie_ids=np.array([[10, 30]])) == [
        "q, output titles[0][1]: expected b'Thirty', as offline. Received: b'Twenty'"
    ]


def test_the_score_goes_with_its_movie() -> None:
    scores = np.array([[0.5, 0.25 + 2.0**-16]], np.float32)
    titles = np.array([[b"Ten", b"Thirty"]], object)
    assert told(whole=WHOLE, movie_ids=np.array([[10, 30]]), titles=titles, scores=scores) == [
        "q, output scores[0][1]: expected 0.25 within 1e-05, as offline. "
        "Received: 0.2500152587890625"
    ]


@pytest.mark.parametrize(("ids", "count"), [([10, 30], 0), ([10, 40], 0), ([10, 50], 1)])
def test_a_list_without_scores_is_judged_by_the_offline_ones(ids: list[int], count: int) -> None:
    served = DESCRIBED | {"similar_movie_ids": np.array([ids])}
    found = differences(
        "q", served=served, offline=DESCRIBED, tolerance=1e-5, ranking=lambda: WHOLE
    )
    assert len(list(found)) == count


def test_a_movie_in_place_of_padding_is_told() -> None:
    few = {name: array[:, :2] for name, array in WHOLE.items()}
    offline = DESCRIBED | {"similar_movie_ids": np.array([[10, 20, -1]])}
    for ids in ([10, 20, 30], [10, -1, 20]):
        served = DESCRIBED | {"similar_movie_ids": np.array([ids])}
        (finding, *_) = differences(
            "q", served=served, offline=offline, tolerance=1.0, ranking=lambda: few
        )
        assert finding.subject.startswith("q, output similar_movie_ids[0]")


def test_the_whole_list_is_not_asked_for_without_need() -> None:
    def needless() -> None:
        raise AssertionError

    for outputs in (OFFLINE, DESCRIBED, {"rating": np.array([3.5], np.float32)}):
        found = differences("q", served=outputs, offline=outputs, tolerance=0.0, ranking=needless)
        assert list(found) == []


def test_another_shape_is_told() -> None:
    assert told(movie_ids=np.array([[10]])) == [
        "q, output movie_ids: expected shape (1, 2). Received: shape (1, 1)"
    ]


def test_other_outputs_are_told() -> None:
    assert told(tier=np.array([b"model"], object)) == [
        "q: expected movie_ids, scores, titles. Received: movie_ids, scores, tier, titles"
    ]

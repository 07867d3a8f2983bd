"""Every query a recommender gets: a valid answer or a typed error, never a NaN."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.support.examples import serialized
from tests.support.world import MAX_HISTORY, MOVIES, movie_row
from tests.trainer_module.questions import (
    ALL_IDS,
    LIKES,
    LONG,
    assert_on_the_scales,
    assert_valid,
    rate,
    recommend,
)
from transform_module import features

UNKNOWN = 999_999


def long_history(length: int) -> tuple[list[int], list[float]]:
    """More ratings than there are movies: known ones first, then unknown ids, all different."""
    ids = [*ALL_IDS[:-2], *range(UNKNOWN, UNKNOWN + length)][:length]
    return ids, [0.5 + 0.5 * (position % 10) for position in range(length)]


@pytest.mark.parametrize(
    ("length", "tier"), [(1, b"content"), (4, b"content"), (5, b"model"), (2391, b"model")]
)
def test_histories_of_every_length(signatures: dict[str, Any], length: int, tier: bytes) -> None:
    history, ratings = long_history(length)
    answer = recommend(signatures, [history], [ratings], k=25)
    assert answer["tier"].tolist() == [tier]
    assert_valid(answer, shown=history)
    assert_on_the_scales(rate(signatures, history, ratings, ALL_IDS))


def test_only_the_most_recent_ratings_of_a_long_history_are_looked_at(
    signatures: dict[str, Any],
) -> None:
    recent = [*LONG, 60]
    assert len(recent) == MAX_HISTORY
    old = [70, 80] * 50
    answer = recommend(signatures, [recent + old], [[4.0] * 106], k=25)
    assert_valid(answer, shown=recent + old)


@pytest.mark.parametrize(
    ("history", "ratings"),
    [
        ([10, 10, 10, 10, 10], [5.0, 5.0, 5.0, 5.0, 5.0]),
        ([10, 20, 10, 20, 10], [5.0, 0.5, 0.5, 5.0, 3.0]),
        ([10, 10], [0.5, 5.0]),
    ],
    ids=["duplicates", "contradictions", "a short contradiction"],
)
def test_repeated_movies(
    signatures: dict[str, Any], history: list[int], ratings: list[float]
) -> None:
    assert_valid(recommend(signatures, [history], [ratings], k=25), shown=history)
    assert_on_the_scales(rate(signatures, history, ratings, ALL_IDS))


def test_who_has_seen_everything_gets_padding_alone(signatures: dict[str, Any]) -> None:
    answer = recommend(signatures, [ALL_IDS], [[4.0] * len(ALL_IDS)], k=3)
    assert answer["movie_ids"].tolist() == [[-1, -1, -1]]
    assert answer["titles"].tolist() == [[b"", b"", b""]]
    assert_valid(answer, shown=ALL_IDS)


@pytest.mark.parametrize("history", [[], LONG[:1], LONG], ids=["popular", "content", "model"])
@pytest.mark.parametrize(
    ("k", "width"), [(0, 0), (-3, 0), (-(2**31), 0), (1, 1), (25, 25), (10_000, 25)]
)
def test_k_is_clamped_to_the_catalogue(
    signatures: dict[str, Any], history: list[int], k: int, width: int
) -> None:
    answer = recommend(signatures, [history], [LIKES[: len(history)]], k=k)
    assert answer["movie_ids"].shape == (1, width)
    assert_valid(answer, shown=history)


def test_each_list_of_a_batch_may_have_a_length_of_its_own(signatures: dict[str, Any]) -> None:
    """As TF Serving's dynamic batching asks, which puts users together who want unlike lengths."""
    answer = recommend(signatures, [LONG] * 3, [LIKES] * 3, k=[2, 4, 0])
    alone = recommend(signatures, [LONG], [LIKES], k=4)["movie_ids"][0].tolist()
    assert answer["movie_ids"].tolist() == [[*alone[:2], -1, -1], alone, [-1] * 4]
    assert answer["titles"][0, 2:].tolist() == [b"", b""]
    assert_valid(answer, shown=LONG)


def test_as_many_lengths_as_lists_or_one(signatures: dict[str, Any]) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="one number, or one for each row"):
        recommend(signatures, [LONG] * 3, [LIKES] * 3, k=[2, 4])


def test_a_batch_of_none_is_answered_with_none(signatures: dict[str, Any]) -> None:
    answer = recommend(signatures, np.zeros((0, 3)), np.zeros((0, 3)))
    assert answer["movie_ids"].shape == answer["titles"].shape == (0, 5)
    assert answer["tier"].shape == (0,)


def test_a_batch_of_512_ragged_histories_is_answered_row_by_row(signatures: dict[str, Any]) -> None:
    random = np.random.default_rng(0)
    lengths = random.integers(0, 9, size=512)
    ids = random.choice([*ALL_IDS, UNKNOWN], size=(512, 8))
    ids[np.arange(8) >= lengths[:, np.newaxis]] = -1
    ratings = random.integers(1, 11, size=(512, 8)) / 2
    together = recommend(signatures, ids, ratings, k=7)
    assert together["movie_ids"].shape == (512, 7)
    for row in (0, 255, 511):
        history = ids[row][ids[row] >= 0]
        alone = recommend(signatures, [history], [ratings[row][ids[row] >= 0]], k=7)
        assert_valid(alone, shown=history)
        assert alone["tier"][0] == together["tier"][row]
        assert alone["movie_ids"][0].tolist() == together["movie_ids"][row].tolist()


def test_padding_may_stand_anywhere(signatures: dict[str, Any]) -> None:
    gaps = [-1, 10, -1, 20, 30, -1, 40, 50]
    ratings = [np.nan, 5.0, 9.0, 4.0, 2.0, -9.0, 4.5, 1.0]
    holed = recommend(signatures, [gaps], [ratings], k=25)
    plain = recommend(signatures, [LONG], [LIKES], k=25)
    np.testing.assert_allclose(holed["scores"], plain["scores"], atol=4e-6)


@pytest.mark.parametrize(
    "ratings",
    [[np.nan] * 5, [1e38, -1e38, np.inf, -np.inf, 0.0], [5.0] * 5, [0.5] * 5],
    ids=["not numbers", "off the scale", "all loved", "all hated"],
)
def test_no_rating_however_odd_makes_a_nan(
    signatures: dict[str, Any], ratings: list[float]
) -> None:
    assert_valid(recommend(signatures, [LONG], [ratings], k=25), shown=LONG)
    assert_on_the_scales(rate(signatures, LONG, ratings, ALL_IDS))


NO_RATINGS = [np.nan, np.inf, -np.inf, 0.0, -1.0, 0.49, 5.01, 100.0, 1e38]


@pytest.mark.parametrize("ratings", [LIKES[:1], LIKES], ids=["content", "model"])
def test_a_movie_without_a_rating_on_the_scale_is_no_more_than_seen(
    signatures: dict[str, Any], ratings: list[float]
) -> None:
    history = LONG[: len(ratings)]
    seen = [60, 70, 80, 90, 100, 110, 120, 130, 140]
    assert len(seen) == len(NO_RATINGS)
    mixed = [*seen[:4], *history, *seen[4:]], [*NO_RATINGS[:4], *ratings, *NO_RATINGS[4:]]
    answer = recommend(signatures, [mixed[0]], [mixed[1]], k=25)
    expected = recommend(signatures, [history], [ratings], k=25, exclude=seen)
    assert answer["tier"].tolist() == expected["tier"].tolist()
    assert answer["movie_ids"].tolist() == expected["movie_ids"].tolist()
    np.testing.assert_allclose(answer["scores"], expected["scores"], atol=4e-6)
    rated, plain = rate(signatures, *mixed, ALL_IDS), rate(signatures, history, ratings, ALL_IDS)
    for name in ("rating", "liked"):
        np.testing.assert_allclose(rated[name], plain[name], atol=1e-5)


@pytest.mark.parametrize("rating", NO_RATINGS)
def test_who_has_no_rating_on_the_scale_is_answered_as_one_without_a_history(
    signatures: dict[str, Any], rating: float
) -> None:
    answer = recommend(signatures, [LONG], [[rating] * 5], k=25)
    assert answer["tier"].tolist() == [b"popular"]
    assert_valid(answer, shown=LONG)
    rated, plain = rate(signatures, LONG, [rating] * 5, ALL_IDS), rate(signatures, [], [], ALL_IDS)
    np.testing.assert_allclose(rated["rating"], plain["rating"], atol=1e-5)


def example(history: list[int], ratings: list[float]) -> bytes:
    more = {features.HISTORY_MOVIE_IDS: history, features.HISTORY_RATINGS: ratings}
    return serialized(movie_row(7) | {features.USER_ID: [987]} | more)


def test_examples_with_odd_histories_are_rated_by_what_is_left_of_them(
    signatures: dict[str, Any],
) -> None:
    ask = signatures["serving_default"]
    odd = [
        example([*LONG, 60], [*LIKES, np.nan]),
        example([60, *LONG, 70], [9.0, *LIKES, -np.inf]),
        example([*LONG, 60], LIKES),  # a rating is missing
        example(LONG, [*LIKES, 1.0]),  # a movie is
    ]
    plain = ask(examples=tf.constant([example(LONG, LIKES)]))
    for examples in (odd, *([each] for each in odd)):
        answer = ask(examples=tf.constant(examples))
        for name in ("rating", "liked"):
            expected = np.repeat(plain[name], len(examples))
            np.testing.assert_allclose(answer[name], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("history", "ratings"),
    [
        ([], []),
        (LONG, []),
        (LONG, [np.nan] * 5),
        ([10] * 40, [5.0, 0.5] * 20),
        (list(range(3000)), [4.5] * 3000),
        ([-1, 2**63 - 1, -(2**63)], [5.0] * 3),
    ],
    ids=["none", "no rating", "no number", "one movie", "huge", "ends of the type"],
)
def test_every_example_is_answered_with_numbers(
    signatures: dict[str, Any], history: list[int], ratings: list[float]
) -> None:
    for examples in ([example(history, ratings)], [example(history, ratings)] * 3):
        answer = signatures["serving_default"](examples=tf.constant(examples))
        assert_on_the_scales({name: value.numpy() for name, value in answer.items()})


def test_no_examples_are_answered_with_no_ratings(signatures: dict[str, Any]) -> None:
    answer = signatures["serving_default"](examples=tf.constant([], tf.string))
    assert answer["rating"].shape == answer["liked"].shape == (0,)


def test_nobody_is_answered_with_no_ratings(signatures: dict[str, Any]) -> None:
    answer = signatures["rate"](
        history_movie_ids=tf.zeros([0, 3], tf.int64),
        history_ratings=tf.zeros([0, 3]),
        candidate_movie_ids=tf.zeros([0, 2], tf.int64),
    )
    assert answer["rating"].shape == answer["liked"].shape == (0, 2)


@pytest.mark.parametrize("extreme", [2**63 - 1, -(2**63), -2, 5])
def test_ids_at_the_ends_of_their_type_are_unknown_movies(
    signatures: dict[str, Any], extreme: int
) -> None:
    assert_valid(recommend(signatures, [[extreme]], [[5.0]], exclude=[extreme]))
    answer = rate(signatures, LONG, LIKES, [extreme, UNKNOWN])
    assert answer["rating"][0] == answer["rating"][1]


def test_no_candidate_is_answered_with_no_rating(signatures: dict[str, Any]) -> None:
    assert rate(signatures, LONG, LIKES, [])["rating"].shape == (0,)


def test_an_empty_history_is_rated_by_the_movies_alone(signatures: dict[str, Any]) -> None:
    answer = rate(signatures, [], [], ALL_IDS)
    assert answer["rating"].shape == (MOVIES + 1,)
    assert_on_the_scales(answer)


def test_histories_of_different_shapes_are_refused(signatures: dict[str, Any]) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="must have the same shape"):
        recommend(signatures, [[10, 20]], [[5.0]])

from math import log2

import numpy as np
import pytest

from movielens.formulas import RankedUsers, rank_users


def ranked(*rows: tuple[int, int, float, bool]) -> RankedUsers:
    """Ranks rows of (user, movie, score, liked)."""
    users, movies, scores, liked = zip(*rows, strict=True)
    return rank_users(
        np.array(users), np.array(movies), np.array(scores, dtype=np.float32), np.array(liked)
    )


def one_user(liked: list[bool], scores: list[float] | None = None) -> RankedUsers:
    """Ranks one user's movies 1, 2, ...; without scores in that order."""
    scores = scores or [-float(place) for place in range(len(liked))]
    return ranked(*((1, 1 + i, s, y) for i, (s, y) in enumerate(zip(scores, liked, strict=True))))


def test_ndcg_is_the_gain_over_the_best_possible_gain() -> None:
    # likes at ranks 1 and 3; the best order has them at 1 and 2
    users = ranked((1, 10, 0.9, True), (1, 11, 0.5, False), (1, 12, 0.4, True))
    assert users.ndcg.tolist() == pytest.approx([(1 + 1 / log2(4)) / (1 + 1 / log2(3))])


def test_perfect_order_has_ndcg_one() -> None:
    assert one_user([True, True, False, False]).ndcg.tolist() == pytest.approx([1.0])


def test_rank_eleven_gains_nothing() -> None:
    users = one_user([False] * 10 + [True])
    assert users.ndcg.tolist() == [0.0]
    assert users.precision.tolist() == [0.0]


def test_the_best_gain_has_at_most_ten_likes() -> None:
    # 12 likes, the first of them behind one dislike: ranks 2..10 of the ten places
    discounts = [1 / log2(rank + 1) for rank in range(1, 11)]
    users = one_user([False] + [True] * 12)
    assert users.ndcg.tolist() == pytest.approx([sum(discounts[1:]) / sum(discounts)])
    assert users.precision.tolist() == [0.9]


def test_precision_is_over_ten_even_with_fewer_ratings() -> None:
    assert one_user([True, True, False]).precision.tolist() == [0.2]


def test_ties_break_by_ascending_movie_id() -> None:
    # All scores equal: movie 5 (disliked) before movie 9 (liked), whatever the rows' order.
    rows = (1, 9, 0.5, True), (1, 5, 0.5, False)
    for order in (rows, rows[::-1]):
        assert ranked(*order).ndcg.tolist() == pytest.approx([1 / log2(3)])


def test_users_are_apart_and_in_order_of_id() -> None:
    users = ranked((7, 1, 0.1, True), (2, 1, 0.9, True), (7, 2, 0.2, False), (2, 2, 0.8, False))
    assert users.ndcg.tolist() == pytest.approx([1.0, 1 / log2(3)])  # user 2, user 7
    assert users.rows.tolist() == [2, 2]


def test_the_order_of_rows_does_not_matter() -> None:
    random = np.random.default_rng(3)
    rows = [
        (int(user), movie, float(random.integers(0, 4)), bool(random.random() < 0.5))
        for movie, user in enumerate(random.integers(1, 9, 200))
    ]
    shuffled = [rows[place] for place in random.permutation(len(rows))]
    assert ranked(*rows).ndcg.tolist() == ranked(*shuffled).ndcg.tolist()
    assert ranked(*rows).precision.tolist() == ranked(*shuffled).precision.tolist()


@pytest.mark.parametrize(
    ("liked", "normal", "strict"),
    [
        ([True] * 5 + [False] * 5, True, True),  # ten rows, as many likes as dislikes
        ([True] * 5 + [False] * 4, True, False),  # nine rows
        ([True] * 6 + [False] * 5, True, False),  # more likes than dislikes
        ([True] + [False] * 9, True, True),  # a single like
        ([False] * 12, False, False),  # no like
        ([True] * 12, False, False),  # no dislike
        ([True], False, False),
        ([True, False], True, False),
    ],
)
def test_users_who_count(liked: list[bool], normal: bool, strict: bool) -> None:
    users = one_user(liked)
    assert users.normal.tolist() == [normal]
    assert users.strict.tolist() == [strict]


def test_a_user_without_likes_has_ndcg_zero_and_no_warning() -> None:
    assert one_user([False, False]).ndcg.tolist() == [0.0]

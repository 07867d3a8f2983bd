from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from movielens.config import IngestConfig
from movielens.histories import HistoryIndex
from movielens.splits import EVAL, TEST, TRAIN, assign_splits

Rows = npt.NDArray[np.void]
Codes = npt.NDArray[np.int8]
MAX_HISTORY = 100


def index_of(rows: Rows, codes: Codes, mode: Any = "leave_one_out") -> HistoryIndex:
    columns = (rows["user_id"], rows["movie_id"], rows["timestamp"])
    return HistoryIndex(*columns, codes, mode=mode, max_history=MAX_HISTORY)


def split(rows: Rows, name: Any = "temporal") -> Codes:
    columns = (rows["user_id"], rows["movie_id"], rows["rating"], rows["timestamp"])
    return assign_splits(*columns, IngestConfig(split=name))


class OneUser:
    """Movies 10, 11, 12, 13 trained on at the seconds 1, 2, 3, 3; 14 eval at 4; 15 test at 5."""

    movies = np.array([10, 11, 12, 13, 14, 15])
    codes = np.array([TRAIN, TRAIN, TRAIN, TRAIN, EVAL, TEST])

    def history(self, movie: int, mode: Any = "leave_one_out", most: int = 100) -> list[int]:
        users = np.full(6, 1)
        times = np.array([1, 2, 3, 3, 4, 5])
        index = HistoryIndex(users, self.movies, times, self.codes, mode=mode, max_history=most)
        row = int(np.flatnonzero(self.movies == movie)[0])
        offsets, seen = index.gather(np.array([row]), self.codes[row])
        assert offsets.tolist() == [0, len(seen)]
        return self.movies[seen].tolist()


@pytest.mark.parametrize(
    ("movie", "mode", "expected"),
    [
        (10, "leave_one_out", [13, 12, 11]),  # 13 before 12: of the same second, the higher id
        (12, "leave_one_out", [13, 11, 10]),
        (13, "leave_one_out", [12, 11, 10]),
        (10, "past", []),
        (12, "past", [11, 10]),
        (13, "past", [12, 11, 10]),  # ties in time are ordered by movie id
        (14, "leave_one_out", [13, 12, 11, 10]),
        (14, "past", [13, 12, 11, 10]),
        (15, "leave_one_out", [14, 13, 12, 11, 10]),
        (15, "past", [14, 13, 12, 11, 10]),
    ],
)
def test_row_sees_what_its_split_allows_most_recent_first(
    movie: int, mode: Any, expected: list[int]
) -> None:
    assert OneUser().history(movie, mode) == expected


@pytest.mark.parametrize(
    ("movie", "expected"), [(10, [13, 12]), (13, [12, 11]), (12, [13, 11]), (15, [14, 13])]
)
def test_longest_history_keeps_the_most_recent(movie: int, expected: list[int]) -> None:
    assert OneUser().history(movie, most=2) == expected


def test_users_do_not_see_each_other() -> None:
    users = np.array([2, 1, 2, 1])
    movies = np.array([10, 11, 12, 13])
    codes = np.full(4, TRAIN)
    index = HistoryIndex(
        users, movies, np.array([1, 2, 3, 4]), codes, mode="leave_one_out", max_history=9
    )
    offsets, seen = index.gather(np.array([3, 0, 1, 2]), TRAIN)
    assert offsets.tolist() == [0, 1, 2, 3, 4]
    assert movies[seen].tolist() == [11, 12, 13, 10]


def test_rows_of_another_split_are_refused() -> None:
    codes = np.array([TRAIN, TEST])
    same = np.ones(2, np.int64)
    index = HistoryIndex(same, np.array([1, 2]), same, codes, mode="leave_one_out", max_history=9)
    with pytest.raises(ValueError, match="should be in split 0; some are not"):
        index.gather(np.array([0, 1]), TRAIN)


def test_no_rows_have_no_histories() -> None:
    empty = np.empty(0, np.int64)
    index = HistoryIndex(empty, empty, empty, np.empty(0, np.int8), mode="past", max_history=9)
    offsets, seen = index.gather(empty, EVAL)
    assert offsets.tolist() == [0]
    assert seen.tolist() == []


@pytest.mark.parametrize("mode", ["leave_one_out", "past"])
@pytest.mark.parametrize("name", ["temporal", "reference", "global_time", "random"])
def test_rules_hold_for_every_real_row(real_ratings: Rows, name: Any, mode: Any) -> None:
    codes = split(real_ratings, name)
    index = index_of(real_ratings, codes, mode)
    for code, may_see in ((TRAIN, {TRAIN}), (EVAL, {TRAIN}), (TEST, {TRAIN, EVAL})):
        rows = np.flatnonzero(codes == code)
        offsets, seen = index.gather(rows, code)
        owner = np.repeat(rows, np.diff(offsets))
        assert set(np.unique(codes[seen])) <= may_see
        np.testing.assert_array_equal(real_ratings["user_id"][seen], real_ratings["user_id"][owner])
        assert not np.any(seen == owner)
        assert not np.any(real_ratings["movie_id"][seen] == real_ratings["movie_id"][owner])
        is_same_list = owner[1:] == owner[:-1]
        assert np.all(np.diff(real_ratings["timestamp"][seen])[is_same_list] <= 0)
        if code == TRAIN and mode == "past":
            assert np.all(real_ratings["timestamp"][seen] <= real_ratings["timestamp"][owner])
        else:
            visible = np.isin(codes, list(may_see))
            available = np.bincount(real_ratings["user_id"][visible], minlength=1000)
            expected = available[real_ratings["user_id"][rows]] - (code == TRAIN)
            np.testing.assert_array_equal(np.diff(offsets), np.minimum(expected, MAX_HISTORY))


Features = dict[int, tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.float32]]]


def features_of(rows: Rows, index: HistoryIndex, codes: Codes) -> Features:
    features = {}
    for code in (TRAIN, EVAL, TEST):
        offsets, seen = index.gather(np.flatnonzero(codes == code), code)
        features[int(code)] = (offsets, rows["movie_id"][seen], rows["rating"][seen])
    return features


def honest(rows: Rows) -> Features:
    codes = split(rows)
    return features_of(rows, index_of(rows, codes), codes)


def leaky(rows: Rows) -> Features:
    """Plants a leak: test rows see the user's other test ratings too, as train rows see theirs."""
    codes = split(rows)
    all_visible = np.where(codes == TEST, TRAIN, codes)
    features = honest(rows)
    tested = np.flatnonzero(codes == TEST)
    offsets, seen = index_of(rows, all_visible).gather(tested, TRAIN)
    features[int(TEST)] = (offsets, rows["movie_id"][seen], rows["rating"][seen])
    return features


def check_label_invariance(rows: Rows, build: Callable[[Rows], Features]) -> None:
    """Shuffles the stars of the test ratings among them; no feature of any row may change."""
    shuffled = rows.copy()
    tested = np.flatnonzero(split(rows) == TEST)
    shuffled["rating"][tested] = np.random.default_rng(0).permutation(rows["rating"][tested])
    assert np.any(shuffled["rating"] != rows["rating"])
    before, after = build(rows), build(shuffled)
    for code, parts in before.items():
        for part, other in zip(parts, after[code], strict=True):
            unchanged = part.tobytes() == other.tobytes()  # apart: pytest would explain megabytes
            assert unchanged, f"features of split {code} changed"


def test_test_labels_reach_no_feature_of_the_real_data(real_ratings: Rows) -> None:
    check_label_invariance(real_ratings, honest)


def test_label_invariance_check_finds_a_planted_leak(real_ratings: Rows) -> None:
    with pytest.raises(AssertionError, match="features of split 2 changed"):
        check_label_invariance(real_ratings, leaky)


def test_later_ratings_of_others_change_no_history(real_ratings: Rows) -> None:
    earlier = real_ratings[real_ratings["user_id"] <= 400]
    codes = split(real_ratings)
    alone = index_of(earlier, split(earlier)).gather(np.flatnonzero(split(earlier) == TRAIN), TRAIN)
    among = index_of(real_ratings, codes).gather(
        np.flatnonzero((codes == TRAIN) & (real_ratings["user_id"] <= 400)), TRAIN
    )
    np.testing.assert_array_equal(alone.offsets, among.offsets)
    np.testing.assert_array_equal(
        earlier["movie_id"][alone.rows], real_ratings["movie_id"][among.rows]
    )

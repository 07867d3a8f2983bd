import numpy as np
import pytest

from transform_module.keyed_sums import KeyedSums, MergeKeyedSums


def test_merged_parts_equal_the_sums_of_all_rows() -> None:
    random = np.random.default_rng(0)
    keys, values = random.integers(0, 50, 1000), random.integers(0, 10, (1000, 2)).astype(float)
    whole = KeyedSums.of_rows(keys, values)
    parts = [KeyedSums.of_rows(keys[i::7], values[i::7]) for i in range(7)]
    merged = KeyedSums.merged(parts)
    np.testing.assert_array_equal(merged.keys, whole.keys)
    np.testing.assert_array_equal(merged.sums, whole.sums)


def test_sums_of_an_unseen_key_are_zero() -> None:
    sums = KeyedSums.of_rows(np.array([3, 5]), np.array([[1.0], [2.0]]))
    assert sums.of_keys(np.array([2, 3, 4, 5, 6])).tolist() == [[0], [1], [0], [2], [0]]


def test_combining_nothing_gives_no_keys_and_answers_zeros() -> None:
    combine = MergeKeyedSums((2,))
    nothing = combine.extract_output(combine.merge_accumulators([combine.create_accumulator()]))
    assert nothing.of_keys(np.array([1])).tolist() == [[0.0, 0.0]]


def test_a_full_accumulator_is_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transform_module.keyed_sums.PENDING_ROWS", 3)
    combine = MergeKeyedSums((1,))
    accumulator = combine.create_accumulator()
    for _ in range(10):
        rows = KeyedSums.of_rows(np.array([1, 2]), np.ones((2, 1)))
        accumulator = combine.add_input(accumulator, rows)
    assert len(accumulator) < 4
    assert combine.extract_output(accumulator).sums.tolist() == [[10.0], [10.0]]

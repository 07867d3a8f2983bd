"""Sums by key, held as sorted arrays: the accumulator behind every aggregate feature."""

import dataclasses
from collections.abc import Iterable
from typing import Self

import apache_beam as beam
import numpy as np
from numpy.typing import NDArray

# Rows that wait in an accumulator before they are added up. Large enough that the sort behind a
# merge costs little a row, small enough (some tens of megabytes) that workers do not notice.
PENDING_ROWS = 100_000


@dataclasses.dataclass(frozen=True)
class KeyedSums:
    """Sums of float rows by an int64 key."""

    keys: NDArray[np.int64]  # int64 [n], strictly increasing
    sums: NDArray[np.float64]  # float64 [n, ...], one entry a key

    @classmethod
    def of_rows(cls, keys: NDArray[np.int64], values: NDArray[np.float64]) -> Self:
        """Adds up rows that share a key.

        >>> rows = KeyedSums.of_rows(np.array([7, 3, 7]), np.array([[1.0], [2.0], [4.0]]))
        >>> rows.keys.tolist(), rows.sums.tolist()
        ([3, 7], [[2.0], [5.0]])
        """
        unique, inverse = np.unique(keys, return_inverse=True)
        sums = np.zeros((len(unique), *values.shape[1:]))
        np.add.at(sums, inverse, values)
        return cls(unique, sums)

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """Adds up several sums."""
        parts = list(parts)
        keys = np.concatenate([part.keys for part in parts])
        return cls.of_rows(keys, np.concatenate([part.sums for part in parts]))

    def of_keys(self, keys: NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns the sums of `keys` [m] as [m, ...]; zeros for a key never seen."""
        if not len(self.keys):
            return np.zeros((len(keys), *self.sums.shape[1:]))
        position = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        found = self.keys[position] == keys
        return np.where(found.reshape(-1, *[1] * (self.sums.ndim - 1)), self.sums[position], 0.0)


class MergeKeyedSums(beam.CombineFn):
    """Combines `KeyedSums`; pending parts are added up when they hold `PENDING_ROWS` rows."""

    def __init__(self, row_shape: tuple[int, ...]) -> None:
        self._row_shape = row_shape  # of one entry of the sums, for an empty input

    def create_accumulator(self) -> list[KeyedSums]:
        return []

    def add_input(self, accumulator: list[KeyedSums], element: KeyedSums) -> list[KeyedSums]:
        accumulator.append(element)
        if sum(len(part.keys) for part in accumulator[1:]) > PENDING_ROWS:
            return self.compact(accumulator)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[list[KeyedSums]]) -> list[KeyedSums]:
        return self.compact([part for parts in accumulators for part in parts])

    def compact(self, accumulator: list[KeyedSums]) -> list[KeyedSums]:
        return [KeyedSums.merged(accumulator)] if len(accumulator) > 1 else accumulator

    def extract_output(self, accumulator: list[KeyedSums]) -> KeyedSums:
        empty = KeyedSums(np.zeros(0, np.int64), np.zeros((0, *self._row_shape)))
        return KeyedSums.merged([empty, *accumulator])

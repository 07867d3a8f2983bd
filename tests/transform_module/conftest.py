import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from tests.support.examples import Row
from tests.support.transformed import apply_graph, fit_graph


@dataclasses.dataclass(frozen=True)
class Transformed:
    """Transformed rows, and the graph that made them."""

    train: list[Row]
    other: list[Row]
    output: tft.TFTransformOutput

    def column(self, name: str) -> np.ndarray:
        """The values of one feature over the train rows, [N, ...]."""
        return np.stack([np.asarray(row[name]) for row in self.train])


Transform = Callable[..., Transformed]


@pytest.fixture(scope="module")
def transform(tmp_path_factory: pytest.TempPathFactory) -> Transform:
    """Fits the preprocessing on `train` and applies it to `train` and to `other` rows.

    The same rows and options are fitted once.
    """
    fitted: dict[str, tft.TFTransformOutput] = {}

    def run(train: Sequence[Row], other: Sequence[Row] = (), **options: Any) -> Transformed:
        key = repr((train, options))
        if key not in fitted:
            fitted[key] = fit_graph(tmp_path_factory.mktemp("fitted"), train, **options)
        output = fitted[key]
        return Transformed(as_rows(output, train), as_rows(output, other) if other else [], output)

    return run


def as_rows(output: tft.TFTransformOutput, rows: Sequence[Row]) -> list[Row]:
    columns = {
        name: (tf.sparse.to_dense(value) if isinstance(value, tf.SparseTensor) else value).numpy()
        for name, value in apply_graph(output, rows).items()
    }
    return [{name: column[row] for name, column in columns.items()} for row in range(len(rows))]

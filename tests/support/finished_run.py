"""What a finished run of the pipeline has left in its output folder."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf
import tensorflow_transform as tft
from numpy.typing import NDArray

from components.evaluator.rated_rows import RatedRows
from movielens.config import IngestConfig
from movielens.constants import LIKED_THRESHOLD
from tests.support.world import DataAccessor
from trainer_module.data.input_data import RawExamples
from trainer_module.data.transform_graph import TransformGraph
from transform_module import features

_BATCH_ROWS = 4096
_RATED = {
    features.USER_ID: tf.io.FixedLenFeature([], tf.int64),
    features.MOVIE_ID: tf.io.FixedLenFeature([], tf.int64),
    features.RATING: tf.io.FixedLenFeature([], tf.float32),
}


class FinishedRun:
    """An output folder after one run.

    Args:
        output: the folder.
        data: the MovieLens folder that was read.
    """

    def __init__(self, output: Path, data: Path) -> None:
        self.output = output
        self.data = data
        (version,) = (output / "serving_model" / "movielens").iterdir()
        self.model = tf.saved_model.load(str(version))

    def metrics(self) -> dict[str, float]:
        """What the Evaluator has measured over all test ratings."""
        summary = json.loads((self.output / "summary.json").read_text())
        metrics: dict[str, float] = summary["metrics"]
        return metrics

    def signature(self, name: str, **inputs: Any) -> dict[str, Any]:
        """Asks a signature of the pushed model; arrays by name."""
        answer = self.model.signatures[name](**inputs)
        return {alias: tensor.numpy() for alias, tensor in answer.items()}

    def ratings(self, split: str) -> dict[str, Any]:
        """User, movie and stars of a split's ratings, [n] each, in the order of its file."""
        batches = [tf.io.parse_example(batch, _RATED) for batch in self._raw_batches(split)]
        return {name: np.concatenate([batch[name] for batch in batches]) for name in _RATED}

    def test_predictions(self) -> RatedRows:
        """What the pushed model says of the raw test examples."""
        answers = [
            self.signature("serving_default", examples=batch)
            for batch in self._raw_batches(features.SPLIT_TEST)
        ]
        rated = self.ratings(features.SPLIT_TEST)
        stars = rated[features.RATING]
        return RatedRows(
            user_ids=rated[features.USER_ID],
            movie_ids=rated[features.MOVIE_ID],
            ratings=stars,
            liked=stars >= LIKED_THRESHOLD,
            predicted_ratings=np.concatenate([answer[features.RATING] for answer in answers]),
            liked_scores=np.concatenate([answer[features.LIKED] for answer in answers]),
            bias_ratings=np.full_like(stars, np.nan),
        )

    def transformed(self, split: str) -> pa.Table:
        """The features of all rows of a split, computed as for training, with whole histories."""
        output = tft.TFTransformOutput(str(self._artifact("Transform", "transform_graph")))
        reader = RawExamples(DataAccessor(), TransformGraph(output, IngestConfig().max_history))
        examples = self._artifact("MovieLensExampleGen", "examples") / f"Split-{split}" / "*"
        batches = list(reader.transformed([str(examples)]).as_numpy_iterator())
        columns = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
        given = columns[features.HISTORY_MOVIE_IDS] != features.PADDING_ID
        histories = (features.HISTORY_MOVIE_IDS, features.HISTORY_RATINGS)
        return pa.table(
            {
                name: _lists(column, given if name in histories else np.ones(column.shape, bool))
                for name, column in columns.items()
            }
        )

    def _raw_batches(self, split: str) -> tf.data.Dataset:
        folder = self._artifact("MovieLensExampleGen", "examples") / f"Split-{split}"
        files = [str(file) for file in sorted(folder.iterdir())]
        return tf.data.TFRecordDataset(files, "GZIP").batch(_BATCH_ROWS)

    def _artifact(self, node: str, name: str) -> Path:
        (folder,) = (self.output / "pipeline_root" / node / name).iterdir()
        return folder


def _lists(column: NDArray[Any], kept: NDArray[np.bool_]) -> pa.Array:
    """A list of the kept values of each row, [n] or [n, width]."""
    lengths = kept.reshape(len(column), -1).sum(axis=1)
    values = pa.array(column[kept], pa.large_binary() if column.dtype == object else None)
    return pa.LargeListArray.from_arrays(np.append(0, np.cumsum(lengths)), values)

"""Keeps what the candidate predicts for every test rating, as Parquet files with one row a rating.

The pass that computes the metrics writes them, batch by batch, so that memory does not grow with
the ratings.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components.evaluator.batches import Batch
from components.evaluator.rated_rows import RatedRows
from components.evaluator.slices import OVERALL, Slicing
from transform_module import features

PREDICTED_RATING: Final = "predicted_rating"
PREDICTED_LIKE: Final = "predicted_like"
# The columns before those of the slicings.
_COLUMNS: Final = (
    pa.field(features.USER_ID, pa.int64()),
    pa.field(features.MOVIE_ID, pa.int64()),
    pa.field(features.RATING, pa.float32()),  # the user's stars
    pa.field(PREDICTED_RATING, pa.float32()),  # stars
    pa.field(PREDICTED_LIKE, pa.float32()),  # the probability of 4 stars or more
    pa.field(features.BIAS_RATING, pa.float32()),  # stars, of the user + item bias baseline
)
_SUFFIX: Final = ".parquet"


class KeepPredictions(beam.PTransform):
    """Writes the candidate's predictions for batches of extracts, which it returns unchanged."""

    def __init__(
        self, folder: str, model_names: Sequence[str], slicings: Sequence[Slicing]
    ) -> None:
        super().__init__()
        self._prefix = f"{folder}/predictions"
        self._model_names = tuple(model_names)
        self._slicings = tuple(each for each in slicings if each.name != OVERALL)

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        schema = schema_of(self._slicings)
        _ = (
            batches
            | "Tables" >> beam.Map(prediction_table, self._model_names, self._slicings, schema)
            | beam.io.WriteToParquetBatched(
                self._prefix, schema, codec="zstd", file_name_suffix=_SUFFIX
            )
        )
        return batches


def schema_of(slicings: Sequence[Slicing]) -> pa.Schema:
    """The columns of the files: those of every rating, and the values that slice it."""
    kinds = {True: pa.string(), False: pa.list_(pa.string())}
    return pa.schema([*_COLUMNS, *((each.name, kinds[each.has_one_value]) for each in slicings)])


def prediction_table(
    extracts: Mapping[str, Any],
    model_names: Sequence[str],
    slicings: Sequence[Slicing],
    schema: pa.Schema,
) -> pa.Table:
    """Returns a batch of extracts as a table, with one row for each rating."""
    batch = Batch(extracts, model_names)
    rows = batch.rated_rows(model_names[0])
    columns: list[Any] = [
        rows.user_ids,
        rows.movie_ids,
        rows.ratings,
        rows.predicted_ratings,
        rows.liked_scores,
        rows.bias_ratings,
    ]
    for slicing in slicings:
        values = batch.values_of(slicing.name)
        counts = np.bincount(values.rows, minlength=len(batch))
        offsets = np.r_[0, np.cumsum(counts)].astype(np.int32)
        names = pa.array(values.names, pa.string()).take(pa.array(values.groups))
        lists = pa.ListArray.from_arrays(offsets, names)
        columns.append(lists.flatten() if slicing.has_one_value else lists)
    return pa.Table.from_arrays([pa.array(each) for each in columns], schema=schema)


def read_predictions(folder: Path | str) -> pa.Table:
    """Reads the files of a run, in ascending order of user and movie.

    Raises:
        FileNotFoundError: There are none.
    """
    files = sorted(Path(folder).glob(f"*{_SUFFIX}"))
    if not files:
        raise FileNotFoundError(
            f"No predictions in {folder}: expected Parquet files of the Evaluator. They are "
            "removed with their run: see `retention.keep_runs`."
        )
    table = pa.concat_tables([pq.read_table(file) for file in files])
    return table.sort_by([(features.USER_ID, "ascending"), (features.MOVIE_ID, "ascending")])


def rated_rows(predictions: pa.Table) -> RatedRows:
    """Returns the rows that metrics are computed from."""

    def column(name: str) -> Any:
        return predictions.column(name).to_numpy()

    ratings = column(features.RATING)
    return RatedRows(
        user_ids=column(features.USER_ID),
        movie_ids=column(features.MOVIE_ID),
        ratings=ratings,
        liked=ratings >= features.LIKED_THRESHOLD,
        predicted_ratings=column(PREDICTED_RATING),
        liked_scores=column(PREDICTED_LIKE),
        bias_ratings=column(features.BIAS_RATING),
    )

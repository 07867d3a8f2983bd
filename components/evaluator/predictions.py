"""What the candidate predicted for every test rating: Parquet files with one row a rating.

`keep_predictions` writes them. Reading needs neither Beam nor TensorFlow.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from components.evaluator.rated_rows import RatedRows
from components.evaluator.slices import Slicing
from transform_module import features

PREDICTED_RATING: Final = "predicted_rating"
PREDICTED_LIKE: Final = "predicted_like"
_NUMBERS: Final = (
    pa.field(features.USER_ID, pa.int64()),
    pa.field(features.MOVIE_ID, pa.int64()),
    pa.field(features.RATING, pa.float32()),  # the user's stars
    pa.field(PREDICTED_RATING, pa.float32()),  # stars
    pa.field(PREDICTED_LIKE, pa.float32()),  # the probability of 4 stars or more
    pa.field(features.BIAS_RATING, pa.float32()),  # stars, of the user + item bias baseline
)
FILE_SUFFIX: Final = ".parquet"
_GOLDEN_RATIO: Final = np.uint64(0x9E3779B97F4A7C15)  # of 2**64: Fibonacci hashing


def schema_of(texts: Sequence[Slicing]) -> pa.Schema:
    """The columns of the files: numbers, then texts, as a list where a row may have several."""
    kinds = {True: pa.string(), False: pa.list_(pa.string())}
    return pa.schema([*_NUMBERS, *((each.name, kinds[each.has_one_value]) for each in texts)])


def read_predictions(folder: Path | str, most_rows: int | None = None) -> pa.Table:
    """Reads the files of a run, in ascending order of user and movie.

    Of more than `most_rows` rows, about so many are read: those of a sample of users, which holds
    much the same users for every run.

    Raises:
        FileNotFoundError: There are none.
    """
    files = sorted(Path(folder).glob(f"*{FILE_SUFFIX}"))
    if not files:
        raise FileNotFoundError(
            f"No predictions in {folder}: expected Parquet files of the Evaluator. They are "
            "removed with their run: see `retention.keep_runs`."
        )
    share = 1.0
    if most_rows is not None:
        share = most_rows / max(sum(pq.read_metadata(file).num_rows for file in files), 1)
    table = pa.concat_tables([_some_users(file, share) for file in files])
    return table.sort_by([(features.USER_ID, "ascending"), (features.MOVIE_ID, "ascending")])


def _some_users(file: Path, share: float) -> pa.Table:
    """Reads the rows of about this share of all users, a part of the file at a time."""
    if share >= 1.0:
        return pq.read_table(file)
    parquet = pq.ParquetFile(file)
    return pa.Table.from_batches(
        [
            batch.filter(pa.array(_scattered(batch.column(features.USER_ID).to_numpy()) < share))
            for batch in parquet.iter_batches()
        ],
        parquet.schema_arrow,
    )


def _scattered(user_ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """Numbers from 0 to 1, the same for the same user, that follow no order of users."""
    return (user_ids.astype(np.uint64) * _GOLDEN_RATIO >> np.uint64(32)) / 2.0**32


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

"""What the candidate predicted for every test rating: Parquet files with one row a rating.

`keep_predictions` writes them. Reading needs neither Beam nor TensorFlow.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

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


def schema_of(texts: Sequence[Slicing]) -> pa.Schema:
    """The columns of the files: numbers, then texts, as a list where a row may have several."""
    kinds = {True: pa.string(), False: pa.list_(pa.string())}
    return pa.schema([*_NUMBERS, *((each.name, kinds[each.has_one_value]) for each in texts)])


def read_predictions(folder: Path | str) -> pa.Table:
    """Reads the files of a run, in ascending order of user and movie.

    Raises:
        FileNotFoundError: There are none.
    """
    files = sorted(Path(folder).glob(f"*{FILE_SUFFIX}"))
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

"""The Beam step: each file of the log becomes a file of examples."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
from google.protobuf.message import DecodeError
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

from components.movielens_example_gen.encoding import encode_columns, lists
from components.movielens_example_gen.record_files import record_file_name, write_records
from components.serving_log_gen.rows import NO_MOVIE, ServedRows, rows_of
from serving.protos import prediction_log_pb2
from transform_module import features

ROWS: Final = "rows"
_REQUESTS_AT_ONCE: Final = 1000


class UnreadableServingLogError(ValueError):
    """A file of the log is no TFRecord of PredictionLog."""


class Genres(NamedTuple):
    """The genres of movies."""

    movie_ids: pa.Array  # [m]
    lists: pa.ListArray  # [m + 1]; the last, empty list is for movies that are not in `movie_ids`

    def of_movies(self, movie_ids: npt.NDArray[np.int64]) -> pa.ListArray:
        """Returns the genres of movies; an empty list for a movie that is not in the table."""
        rows = pc.index_in(pa.array(movie_ids), value_set=self.movie_ids)
        return self.lists.take(rows.fill_null(len(self.movie_ids)))


@dataclass(frozen=True)
class Conversion:
    """What is read and written."""

    files: tuple[str, ...]  # of the log
    model_name: str  # the model whose requests count
    genres: Genres
    folder: str  # of the split that is written
    scratch: str  # a folder on the same file system that no reader looks into


def read_genres(files: Sequence[str]) -> Genres:
    """Reads the genres from the files of the split `catalogue`, which has at least one movie."""
    examples = list(tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator())
    batch = ExamplesToRecordBatchDecoder().DecodeBatch(examples)
    genres: list[list[bytes] | None] = [None] * len(examples)
    if features.GENRES in batch.schema.names:  # or no movie has any
        genres = batch.column(features.GENRES).to_pylist()
    lists_of_names = [names or [] for names in genres]
    return Genres(
        batch.column(features.MOVIE_ID).flatten(),
        pa.array([*lists_of_names, []], pa.list_(pa.binary())),
    )


def convert_file(number: int, job: Conversion) -> Counter[str]:
    """Writes a file of examples for a file of the log, given by its number; returns counts.

    UnreadableServingLogError if the file is cut, corrupt or something else.
    """
    counts = Counter[str]()

    def examples() -> Iterator[list[bytes]]:
        for logs in _read_logs(job.files[number]):
            rows = rows_of(logs, job.model_name)
            counts.update(rows.requests)
            if len(rows.movie_ids):
                yield _encode_rows(rows, job.genres)

    name = record_file_name(number, len(job.files))
    counts[ROWS] = write_records(tf.io.gfile.join(job.folder, name), job.scratch, examples())
    return counts


def _encode_rows(rows: ServedRows, genres: Genres) -> list[bytes]:
    """Encodes rows with the raw features that a training example has too."""
    has_movie = rows.movie_ids != NO_MOVIE
    offsets = np.concatenate([[0], np.cumsum(has_movie)]).astype(np.int32)
    histories = rows.histories
    history_ids = lists(histories.offsets, histories.movie_ids)
    history_ratings = lists(histories.offsets, histories.ratings)
    return encode_columns(
        {
            features.MOVIE_ID: lists(offsets, rows.movie_ids[has_movie]),
            features.GENRES: genres.of_movies(rows.movie_ids),
            features.HISTORY_MOVIE_IDS: history_ids.take(rows.history_of),
            features.HISTORY_RATINGS: history_ratings.take(rows.history_of),
        }
    )


def _read_logs(path: str) -> Iterator[list[Any]]:
    """Yields the PredictionLogs of a file, some at once."""
    parse = prediction_log_pb2.PredictionLog.FromString
    try:
        for records in tf.data.TFRecordDataset(path).batch(_REQUESTS_AT_ONCE).as_numpy_iterator():
            yield [parse(record) for record in records]
    except (tf.errors.DataLossError, DecodeError) as error:
        raise UnreadableServingLogError(
            f"{path}, a file of the serving log, is not a whole TFRecord file of PredictionLog: "
            f"{error}. Name the log's finished files by skew.serving_log, and take this one away."
        ) from error

"""The Beam step: each file of the log becomes a file of examples."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
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


@dataclass(frozen=True)
class Conversion:
    """What is read and written."""

    files: tuple[str, ...]  # of the log
    model_name: str  # the model whose requests count
    catalogue: tuple[str, ...]  # the files of the split `catalogue`
    folder: str  # of the split that is written
    scratch: str  # a folder on the same file system that no reader looks into


class ConvertFile(beam.DoFn):
    """Writes a file of examples for a file of the log, given by its number, and yields counts."""

    def __init__(self, conversion: Conversion) -> None:
        super().__init__()
        self._conversion = conversion

    def setup(self) -> None:
        """Reads the catalogue, once a worker."""
        files = list(self._conversion.catalogue)
        self._genres = _GenreTable(list(tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator()))

    def process(self, number: int) -> Iterable[Counter[str]]:
        """Converts a file; UnreadableServingLogError if it is cut, corrupt or something else."""
        job, counts = self._conversion, Counter[str]()
        name = record_file_name(number, len(job.files))
        examples = self._examples(job.files[number], counts)
        counts[ROWS] = write_records(tf.io.gfile.join(job.folder, name), job.scratch, examples)
        yield counts

    def _examples(self, path: str, counts: Counter[str]) -> Iterator[list[bytes]]:
        for logs in _read_logs(path):
            rows = rows_of(logs, self._conversion.model_name)
            counts.update(rows.requests)
            if len(rows.movie_ids):
                yield _encode_rows(rows, self._genres)


class _GenreTable:
    """The genres of movies, from serialized examples of the split `catalogue`, at least one."""

    def __init__(self, catalogue: list[bytes]) -> None:
        batch = ExamplesToRecordBatchDecoder().DecodeBatch(catalogue)
        ids = np.asarray(batch.column(features.MOVIE_ID).flatten())
        order = np.argsort(ids)
        genres: list[list[bytes] | None] = [None] * len(ids)
        if features.GENRES in batch.schema.names:  # or no movie has any
            genres = batch.column(features.GENRES).to_pylist()
        by_id = [genres[position] or [] for position in order]
        self._movie_ids = ids[order]
        # The last, empty list is for movies that are not in the table.
        self._genres = pa.array([*by_id, []], pa.list_(pa.binary()))

    def of_movies(self, movie_ids: npt.NDArray[np.int64]) -> pa.ListArray:
        """Returns the genres of movies; an empty list for a movie that is not in the table."""
        unknown = len(self._movie_ids)
        nearest = np.minimum(np.searchsorted(self._movie_ids, movie_ids), unknown - 1)
        is_known = self._movie_ids[nearest] == movie_ids
        return self._genres.take(pa.array(np.where(is_known, nearest, unknown)))


def _encode_rows(rows: ServedRows, genres: _GenreTable) -> list[bytes]:
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

"""The Beam steps: each file of the log becomes a file of examples."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import apache_beam as beam
import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from components.movielens_example_gen.encoding import encode_columns, lists
from components.movielens_example_gen.record_files import record_file_name, write_records
from components.serving_log_gen.catalogue import GenreTable
from components.serving_log_gen.rows import NO_MOVIE, ServedRows, rows_of
from serving.protos import prediction_log_pb2
from transform_module import features

ROWS: Final = "rows"
_REQUESTS_AT_ONCE: Final = 1000


class UnreadableServingLogError(ValueError):
    """A file of the log is no TFRecord of PredictionLog."""


@dataclass(frozen=True)
class Conversion:
    """What is read and written.

    Attributes:
        files: of the log.
        model_name: whose requests count.
        catalogue: the files of the examples' split `catalogue`.
        folder: of the split that is written.
        scratch: a folder on the same file system that no reader looks into.
    """

    files: tuple[str, ...]
    model_name: str
    catalogue: tuple[str, ...]
    folder: str
    scratch: str


class ConvertFile(beam.DoFn):
    """The number of a file of the log to its file of examples, and to what was counted."""

    def __init__(self, conversion: Conversion) -> None:
        super().__init__()
        self._conversion = conversion

    def setup(self) -> None:
        """Reads the catalogue, once a worker."""
        self._genres = GenreTable.of(
            tf.data.TFRecordDataset(
                list(self._conversion.catalogue), compression_type="GZIP"
            ).as_numpy_iterator()
        )

    def process(self, number: int) -> Iterable[Counter[str]]:
        """Converts a file.

        Raises:
            UnreadableServingLogError: it is cut, corrupt or something else.
        """
        job, counts = self._conversion, Counter[str]()
        name = record_file_name(number, len(job.files))
        examples = self._examples(job.files[number], counts)
        counts[ROWS] = write_records(tf.io.gfile.join(job.folder, name), job.scratch, examples)
        yield counts

    def _examples(self, path: str, counts: Counter[str]) -> Iterator[list[bytes]]:
        for logs in _logs(path):
            rows = rows_of(logs, self._conversion.model_name)
            counts.update(rows.requests)
            if len(rows.movie_ids):
                yield encode_rows(rows, self._genres)


def encode_rows(rows: ServedRows, genres: GenreTable) -> list[bytes]:
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


def _logs(path: str) -> Iterator[list[Any]]:
    """The PredictionLogs of a file, some at once."""
    parse = prediction_log_pb2.PredictionLog.FromString
    try:
        for records in tf.data.TFRecordDataset(path).batch(_REQUESTS_AT_ONCE).as_numpy_iterator():
            yield [parse(record) for record in records]
    except (tf.errors.DataLossError, DecodeError) as error:
        raise UnreadableServingLogError(
            f"{path}, a file of the serving log, is not a whole TFRecord file of PredictionLog: "
            f"{error}. Name the log's finished files by skew.serving_log, and take this one away."
        ) from error

"""The genres of the movies that were asked about, from the split `catalogue` of the examples."""

from collections.abc import Iterable
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

from transform_module import features


class GenreTable(NamedTuple):
    """Genres by movie.

    Attributes:
        movie_ids: shape [n], ascending.
        genres: n + 1 lists; the last, empty one is for movies that are not in the table.
    """

    movie_ids: npt.NDArray[np.int64]
    genres: pa.ListArray

    @classmethod
    def of(cls, examples: Iterable[bytes]) -> Self:
        """Reads serialized examples of the split `catalogue`, of which there is at least one."""
        batch = ExamplesToRecordBatchDecoder().DecodeBatch(list(examples))
        ids = np.asarray(batch.column(features.MOVIE_ID).flatten())
        order = np.argsort(ids)
        genres: list[list[bytes] | None] = [None] * len(ids)
        if features.GENRES in batch.schema.names:  # or no movie has any
            genres = batch.column(features.GENRES).to_pylist()
        by_id = [genres[position] or [] for position in order]
        return cls(ids[order], pa.array([*by_id, []], pa.list_(pa.binary())))

    def of_movies(self, movie_ids: npt.NDArray[np.int64]) -> pa.ListArray:
        """The genres of movies; an empty list for one that is not in the table."""
        rows = np.searchsorted(self.movie_ids, movie_ids)
        nearest = np.minimum(rows, len(self.movie_ids) - 1)
        is_known = self.movie_ids[nearest] == movie_ids
        return self.genres.take(pa.array(np.where(is_known, nearest, len(self.movie_ids))))

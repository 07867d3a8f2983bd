"""Every movie of the input, rated or not, as the model's tables."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from trainer_module.data.inputs import MOVIE_FEATURES
from transform_module import features


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """Columns over N movies, in increasing order of their ids.

    Attributes:
        movie_ids: int64 [N], strictly increasing.
        titles: bytes [N], UTF-8.
        columns: `MOVIE_FEATURES` and the two counts by name, each [N]; of `FIXED_LISTS` [N, width].
    """

    movie_ids: NDArray[np.int64]
    titles: NDArray[np.object_]
    columns: Mapping[str, NDArray[Any]]

    @classmethod
    def from_columns(cls, columns: Mapping[str, NDArray[Any]]) -> Self:
        """Builds the catalogue from the transformed rows of split `catalogue`, in any order.

        Raises:
            ValueError: There is no movie, or a movie stands twice.
        """
        movie_ids = columns[features.MOVIE_ID].reshape(-1).astype(np.int64)
        if not len(movie_ids):
            raise ValueError(
                "The catalogue is empty: split 'catalogue' holds no example, so nothing could be "
                "recommended. Check that MovieLensExampleGen wrote it."
            )
        order = np.argsort(movie_ids, kind="stable")
        movie_ids = movie_ids[order]
        repeated = movie_ids[1:][movie_ids[1:] == movie_ids[:-1]]
        if len(repeated):
            raise ValueError(f"Movies stand more than once in the catalogue: {repeated[:5]}")
        kept = (*MOVIE_FEATURES, features.MOVIE_RATING_COUNT, features.MOVIE_LIKE_COUNT)
        return cls(
            movie_ids,
            columns[features.TITLE].reshape(-1)[order],
            {name: _squeezed(columns[name])[order] for name in kept},
        )

    @functools.cached_property
    def movie_features(self) -> dict[str, NDArray[Any]]:
        """The movie side of a model, in the order of the ids."""
        return {name: self.columns[name] for name in MOVIE_FEATURES}

    @property
    def vocabulary(self) -> NDArray[np.int64]:
        """The movie ids of the indices 1, 2, ..., int64 [vocabulary_size]."""
        index = self.columns[features.MOVIE_INDEX]
        ids: NDArray[np.int64] = self.movie_ids[np.argsort(index, kind="stable")]
        return ids[np.count_nonzero(index == 0) :]

    @property
    def vocabulary_size(self) -> int:
        """Largest movie index, so that indices run over [0, vocabulary_size]."""
        return int(self.columns[features.MOVIE_INDEX].max(initial=0))

    def genres(self, row: int) -> list[str]:
        """The names of a movie's genres; `Other` for one that the list of genres lacks."""
        names = (*features.GENRE_NAMES, "Other")
        return [names[index] for index in self.columns[features.GENRE_INDICES][row] if index >= 0]

    def __len__(self) -> int:
        return len(self.movie_ids)


def _squeezed(column: NDArray[Any]) -> NDArray[Any]:
    return column[:, 0] if column.ndim == 2 and column.shape[1] == 1 else column

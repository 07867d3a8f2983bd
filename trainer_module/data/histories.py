"""The histories of the rows that a model learns from."""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from movielens.config import HistoryMode
from movielens.histories import HistoryIndex
from movielens.splits import TRAIN
from trainer_module.data.ratings import Ratings
from transform_module import features

Histories = tuple[NDArray[np.int64], NDArray[np.float32]]


class TrainHistories:
    """Looks up what a user had rated besides, or before, each of the ratings to learn from.

    It keeps some 50 bytes for each rating beside the ratings, however long histories are.
    """

    def __init__(self, train: Ratings, mode: HistoryMode, max_history: int) -> None:
        self._train, self._max_history = train, max_history
        self._users, user = train.codes()
        self._movies, movie = np.unique(train.movie_ids, return_inverse=True)
        pairs = user * len(self._movies) + movie
        self._order = np.argsort(pairs)
        self._pairs = pairs[self._order]
        self._index = HistoryIndex(
            user,
            train.movie_ids,
            train.timestamps,
            np.full(len(train), TRAIN, np.int8),
            mode=mode,
            max_history=max_history,
        )

    def of(self, user_ids: NDArray[np.int64], movie_ids: NDArray[np.int64]) -> Histories:
        """Returns the movies and the stars of the histories of some ratings [B], most recent first.

        Both are [B, max_history], with -1 and 0 as padding.
        """
        user = np.searchsorted(self._users, user_ids)
        pairs = user * len(self._movies) + np.searchsorted(self._movies, movie_ids)
        rows = self._order[np.searchsorted(self._pairs, pairs)]
        offsets, seen = self._index.gather(rows, TRAIN)
        is_given = np.arange(self._max_history) < np.diff(offsets)[:, np.newaxis]
        movies = np.full(is_given.shape, features.PADDING_ID, np.int64)
        stars = np.zeros(is_given.shape, np.float32)
        movies[is_given], stars[is_given] = self._train.movie_ids[seen], self._train.stars[seen]
        return movies, stars

    def tensors_of(self, user_ids: tf.Tensor, movie_ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns `of` by the names of the features."""
        movies, stars = tf.numpy_function(
            self.of, [user_ids, movie_ids], [tf.int64, tf.float32], stateful=False
        )
        histories = {features.HISTORY_MOVIE_IDS: movies, features.HISTORY_RATINGS: stars}
        for tensor in histories.values():
            tensor.set_shape([None, self._max_history])
        return histories

"""Requests to the signatures of a loaded SavedModel, and what every answer must satisfy."""

from typing import Any

import numpy as np
import tensorflow as tf

from tests.support.world import MOVIES

ALL_IDS = [movie * 10 for movie in range(MOVIES + 1)]
LONG, LIKES = [10, 20, 30, 40, 50], [5.0, 4.0, 2.0, 4.5, 1.0]
Answer = dict[str, Any]


def recommend(
    signatures: Any, histories: Any, ratings: Any, k: int | list[int] = 5, exclude: Any = ()
) -> Answer:
    """Asks `recommend` for B users; `exclude` is the same for all."""
    return _arrays(
        signatures["recommend"](
            history_movie_ids=tf.constant(histories, tf.int64, shape=np.shape(histories)),
            history_ratings=tf.constant(ratings, tf.float32, shape=np.shape(ratings)),
            exclude_movie_ids=tf.constant(
                [list(exclude)] * len(histories), tf.int64, shape=(len(histories), len(exclude))
            ),
            k=tf.constant(k, tf.int32),
        )
    )


def rate(signatures: Any, history: Any, ratings: Any, candidates: Any) -> Answer:
    """Asks `rate` for one user."""
    answer = signatures["rate"](
        history_movie_ids=tf.constant([history], tf.int64, shape=(1, len(history))),
        history_ratings=tf.constant([ratings], tf.float32, shape=(1, len(ratings))),
        candidate_movie_ids=tf.constant([candidates], tf.int64, shape=(1, len(candidates))),
    )
    return {name: value[0] for name, value in _arrays(answer).items()}


def similar(signatures: Any, movie_ids: Any, k: int = 5) -> Answer:
    """Asks `similar` for B movies."""
    ids = tf.constant(movie_ids, tf.int64, shape=(len(movie_ids),))
    return _arrays(signatures["similar"](movie_ids=ids, k=tf.constant(k, tf.int32)))


def embed(signatures: Any, titles: Any, genres: Any) -> Answer:
    """Asks `embed` for B movies."""
    return _arrays(
        signatures["embed"](
            titles=tf.constant(titles, tf.string, shape=(len(titles),)),
            genres=tf.constant(genres, tf.string, shape=(len(genres),)),
        )
    )


def assert_valid(answer: Answer, shown: Any = ()) -> None:
    """A list every caller can use: real, unseen, unrepeated ids in falling order of score."""
    assert answer["movie_ids"].shape == answer["scores"].shape == answer["titles"].shape
    for ids, scores in zip(answer["movie_ids"], answer["scores"], strict=True):
        real = ids[ids >= 0].tolist()
        assert set(real) <= set(ALL_IDS)
        assert not set(real) & set(shown)
        assert len(set(real)) == len(real)
        assert (ids[len(real) :] == -1).all()
        assert np.isfinite(scores).all()
        assert (np.diff(scores) <= 0).all()


def assert_on_the_scales(answer: Answer) -> None:
    """Ratings from 0.5 to 5 and probabilities; a NaN is neither."""
    assert ((answer["rating"] >= 0.5) & (answer["rating"] <= 5.0)).all()
    assert ((answer["liked"] >= 0.0) & (answer["liked"] <= 1.0)).all()


def _arrays(answer: Any) -> Answer:
    return {name: value.numpy() for name, value in answer.items()}

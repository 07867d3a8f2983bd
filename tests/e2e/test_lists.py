"""The lists of the default model, trained on the default data, as a person would judge them."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.finished_run import FinishedRun
from transform_module import features

pytestmark = [pytest.mark.e2e, pytest.mark.systems]

TOY_STORY, TOY_STORY_2, STAR_WARS, THE_MATRIX = 1, 3114, 260, 2571
# Of 9,066 movies some 600 have as many train ratings: whoever likes films has heard of them.
WELL_KNOWN = 30


def test_toy_story_2_is_like_toy_story(default_run: FinishedRun) -> None:
    movies = tf.constant([TOY_STORY], tf.int64)
    answer = default_run.signature("similar", movie_ids=movies, k=tf.constant(10))
    assert TOY_STORY_2 in answer["movie_ids"][0]


def test_who_likes_well_known_movies_is_given_ten_others(default_run: FinishedRun) -> None:
    liked = [TOY_STORY, STAR_WARS, THE_MATRIX]
    answer = default_run.signature(
        "recommend",
        history_movie_ids=tf.constant([liked], tf.int64),
        history_ratings=tf.constant([[5.0] * len(liked)]),
        exclude_movie_ids=tf.zeros([1, 0], tf.int64),
        k=tf.constant(10),
    )
    (movies,) = answer["movie_ids"]
    assert len(set(movies.tolist()) - {-1, *liked}) == 10
    train = default_run.ratings(features.SPLIT_TRAIN)[features.MOVIE_ID]
    raters = {int(movie): int(np.count_nonzero(train == movie)) for movie in movies}
    assert min(raters.values()) >= WELL_KNOWN, raters

"""`gp_dnn`: one answer however it is asked, and content where there are no ratings."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from tests.support.small_catalogue import small_tables
from tests.support.small_ratings import random_ratings, ratings_of
from tests.support.world import small_config
from tests.trainer_module.gp_dnn.fitted_profiles import with_theoretical_ties
from trainer_module.config import FoldsBy, TrainerConfig
from trainer_module.data.inputs import movie_inputs
from trainer_module.data.ratings import Ratings
from trainer_module.data.training_data import TrainingData
from trainer_module.gp_dnn import model as gp_dnn
from trainer_module.gp_dnn.model import GpDnn, batches
from trainer_module.gp_dnn.out_of_fold import DescribedRatings, Rows, describe_ratings
from trainer_module.models.objectives import OBJECTIVES
from trainer_module.models.rating_model import Blueprint
from trainer_module.training.fitting import TrainingReport, fit
from transform_module import features

MOVIES, RATED_MOVIES = 40, 36
TRAIN = random_ratings(40, RATED_MOVIES, share=0.4)
EVAL = random_ratings(40, MOVIES, share=0.05, seed=1)
HISTORIES = [[30, 170, 80, 250], [50, -1, -1, -1], [-1, -1, -1, -1], [390, 30, 999, -1]]
RATINGS = [[5.0, 3.5, 0.5, 2.0], [1.0, 0, 0, 0], [0, 0, 0, 0], [4.5, 1.0, 5.0, 0]]


def made(objective: str = "ordinal", **options: Any) -> tuple[GpDnn, TrainerConfig]:
    config = small_config("gp_dnn", objective=objective, **options)
    tables = small_tables(MOVIES)
    return GpDnn(
        Blueprint(
            config=config,
            objective=OBJECTIVES[objective](),
            tables=tables,
            movies=MOVIES,
            users=40,
        ),
    ), config


def data_of(train: Ratings = TRAIN, evaluation: Ratings | None = EVAL) -> TrainingData:
    return TrainingData(train, evaluation, list, list)


# Users who love the even movies or the odd ones: no mean of movie or user tells it.
PARTISANS = [
    (user, movie, 5.0 if user % 2 == movie % 2 else 1.0)
    for user in range(1, 25)
    for movie in range(1, RATED_MOVIES + 1)
    if (user + movie // 2) % 3
]
PARTISANS_TRAIN = ratings_of(sorted(set(PARTISANS) - set(PARTISANS[::10])))
PARTISANS_EVAL = ratings_of(PARTISANS[::10])


# Scores without parts and scores with parts, and scores of the first shape once more.
PARAMS = ("mse", "ordinal", "cross_entropy")


@pytest.fixture(scope="module", params=PARAMS)
def trained(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[GpDnn, TrainingReport]:
    """A model and the report of its training."""
    model, config = made(request.param, epochs=30)
    data, folder = data_of(PARTISANS_TRAIN, PARTISANS_EVAL), tmp_path_factory.mktemp("logs")
    _, report = fit(model, model.objective, data, config, str(folder))
    model.freeze()
    return model, report


@pytest.fixture
def model(trained: tuple[GpDnn, TrainingReport]) -> GpDnn:
    return trained[0]


BOTH_SHAPES = pytest.mark.parametrize("trained", PARAMS[:2], indirect=True)


def users(*places: int | np.int64) -> dict[str, tf.Tensor]:
    return {
        features.HISTORY_MOVIE_IDS: tf.constant([HISTORIES[place] for place in places], tf.int64),
        features.HISTORY_RATINGS: tf.constant([RATINGS[place] for place in places], tf.float32),
    }


@BOTH_SHAPES
def test_rows_and_catalogue_and_examples_are_scored_alike(model: GpDnn) -> None:
    """Rows of several users in no order, as an evaluation may have them."""
    everyone = users(0, 1, 2, 3)
    catalogue = model.score_catalogue(everyone).numpy()
    rows = tf.constant([[1, 39, 40]] * 4, tf.int64)
    by_rows = model.score_rows(everyone, rows).numpy()
    np.testing.assert_allclose(by_rows, catalogue[:, [0, 38, 39]], atol=1e-5)
    user, row = np.random.default_rng(0).permutation(np.indices((4, MOVIES)).reshape(2, -1).T).T
    movies = model.tables.features_of(tf.constant(row + 1))
    by_example = model(users(*user) | movies).numpy()
    np.testing.assert_allclose(by_example, catalogue[user, row], atol=1e-5)


def described_with_ties(*arguments: Any) -> DescribedRatings:
    described = describe_ratings(*arguments)
    table = with_theoretical_ties(described.fitted.table)
    return described._replace(fitted=described.fitted._replace(table=table))


def test_a_row_is_scored_alike_in_batches_of_every_size_and_composition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which ten watched movies are nearest must not hang on rounding errors."""
    monkeypatch.setattr(gp_dnn, "describe_ratings", described_with_ties)
    model, config = made(max_history=20)
    fit(model, OBJECTIVES["ordinal"](), data_of(), config, str(tmp_path))
    model.freeze()
    history = list(range(10, 10 * MOVIES, 20))
    ratings = np.random.default_rng(0).integers(1, 11, (2, len(history))) / 2

    def scores(users: list[int], rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        movies = model.tables.features_of(tf.constant(rows))
        user = {
            features.HISTORY_MOVIE_IDS: tf.constant([history] * len(rows), tf.int64),
            features.HISTORY_RATINGS: tf.constant(ratings[users], tf.float32),
        }
        return score(user | movies).numpy()

    score = tf.function(model, reduce_retracing=True)  # as the signatures do
    alone = np.concatenate([scores([0], [row]) for row in range(1, MOVIES + 1)])
    for size in (2, 3, 17, MOVIES):
        for start in range(0, MOVIES, size):
            rows = list(range(1, MOVIES + 1))[start : start + size]
            # In a batch with as many rows of somebody else.
            mixed = scores([0, 1] * len(rows), np.repeat(rows, 2))[::2]
            np.testing.assert_allclose(scores([0] * len(rows), rows), mixed, atol=1e-4)
            np.testing.assert_allclose(mixed, alone[start : start + size], atol=1e-4)


@BOTH_SHAPES
def test_a_catalogue_of_scores_has_a_row_a_user_and_a_column_a_movie(model: GpDnn) -> None:
    scores = model.score_catalogue(users(0, 2)).numpy()
    assert scores.shape[:2] == (2, MOVIES)
    assert np.isfinite(scores).all()


@BOTH_SHAPES
def test_nobody_is_given_no_scores(model: GpDnn) -> None:
    nobody = {name: column[:0] for name, column in users(0).items()}
    scores = tf.function(model.score_catalogue)(nobody)  # as the signatures do
    assert scores.shape[0] == 0


def new_movie(
    genre: int, words: tuple[int, ...] = (), year: float = 1999.0
) -> dict[str, tf.Tensor]:
    padded = [*words, *[-1] * (features.MAX_TITLE_WORDS - len(words))]
    transformed = dict.fromkeys(
        (features.YEAR, features.MOVIE_RATING_FREQ, features.MOVIE_AVG_RATING), tf.zeros([1])
    ) | {
        features.MOVIE_ID: tf.constant([987_654], tf.int64),
        features.MOVIE_INDEX: tf.constant([0], tf.int64),
        features.GENRE_INDICES: tf.constant([[genre] + [-1] * (features.MAX_GENRES - 1)], tf.int64),
        features.TITLE_WORDS: tf.constant([padded], tf.int64),
        features.RELEASE_YEAR: tf.constant([year]),
        features.MOVIE_DAMPED_MEAN: tf.zeros([1]),
    }
    return movie_inputs(transformed)


@BOTH_SHAPES
def test_a_movie_outside_of_the_catalogue_is_scored_by_its_content(model: GpDnn) -> None:
    scores = [model(users(0) | new_movie(genre)).numpy() for genre in range(4)]
    for one, other in itertools.pairwise(scores):
        assert not np.allclose(one, other, atol=1e-5)
    sequel = model(users(0) | new_movie(0, words=(1000, 1001))).numpy()
    assert not np.allclose(scores[0], sequel, atol=1e-5)


@BOTH_SHAPES
def test_the_twin_of_an_unrated_movie_is_scored_as_it_is(model: GpDnn) -> None:
    movie = model.tables.features_of(tf.constant([RATED_MOVIES + 2]))
    twin = movie | {features.MOVIE_ID: tf.constant([987_654], tf.int64)}
    np.testing.assert_allclose(model(users(0) | twin), model(users(0) | movie), atol=1e-5)


@BOTH_SHAPES
def test_embeddings_have_length_one_and_tell_a_twin_from_a_stranger(model: GpDnn) -> None:
    vectors = model.embed(model.tables.all_features()).numpy()[1:]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    movie = model.tables.features_of(tf.constant([RATED_MOVIES + 2]))
    (twin,) = model.embed(movie | {features.MOVIE_ID: tf.constant([987_654], tf.int64)}).numpy()
    assert int(np.argmax(vectors @ twin)) == RATED_MOVIES + 1


def test_every_objective_is_among_those_trained() -> None:
    assert set(PARAMS) == set(OBJECTIVES)


def test_every_objective_learns_what_a_constant_does_not_know(
    trained: tuple[GpDnn, TrainingReport],
) -> None:
    _, report = trained
    assert report.eval_rmse < 0.5 * np.std(PARTISANS_EVAL.stars)
    assert report.eval_auc > 0.95


@pytest.mark.parametrize("folds_by", get_args(FoldsBy))
def test_there_is_a_lesson_for_every_rating(folds_by: str) -> None:
    lessons = made(folds_by=folds_by)[0].lessons(data_of())
    stars = np.concatenate([stars.numpy() for _, stars in lessons.train])
    assert sorted(stars.tolist()) == sorted(TRAIN.stars.tolist())
    of_eval = np.concatenate([stars.numpy() for _, stars in lessons.evaluation])
    np.testing.assert_array_equal(of_eval, EVAL.stars)


def test_the_refit_learns_from_the_rows_of_the_first_training_with_profiles_of_all_ratings() -> (
    None
):
    (first, _), (last, _) = made(), made()
    of_first = first.lessons(data_of())
    everything = Ratings.concatenated([TRAIN, EVAL])
    lessons = last.last_lessons(data_of(everything, None), first)
    assert lessons.evaluation is None
    learned = [row.tobytes() for part, _ in lessons.train for row in part.numpy()]
    parts = (of_first.train, of_first.evaluation)
    before = [row.tobytes() for split in parts for part, _ in split for row in part.numpy()]
    assert sorted(learned) == sorted(before)
    counts = np.bincount(everything.rows, minlength=MOVIES + 1)
    np.testing.assert_allclose(last._fitted.table.log_count, np.log1p(counts), rtol=1e-6)


def test_without_eval_there_are_no_lessons_of_it() -> None:
    assert made()[0].lessons(data_of(evaluation=None)).evaluation is None


@pytest.mark.parametrize(
    ("train", "evaluation"),
    [
        (TRAIN, ratings_of([(900, 3, 4.0), (901, 5, 1.0)])),
        (ratings_of((user, 1 + user % 5, 1.0 + user % 5) for user in range(30)), EVAL),
    ],
    ids=["nobody of eval is known", "everyone has one rating"],
)
def test_users_without_a_history_are_lessons_too(train: Ratings, evaluation: Ratings) -> None:
    lessons = made()[0].lessons(data_of(train, evaluation))
    for split in (lessons.train, lessons.evaluation):
        for inputs, _ in split:
            assert np.isfinite(inputs).all()


def test_batches_hold_every_row_once_and_are_shuffled_anew() -> None:
    stars = np.arange(10, dtype=np.float32)
    rows = Rows(np.stack([2 * stars, 2 * stars + 1], axis=1), stars)
    plain = list(batches(rows, 4))
    assert [len(part) for _, part in plain] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate([part for part, _ in plain]), rows.inputs)
    shuffled = batches(rows, 4, shuffle_seed=0)
    orders = [np.concatenate([part.numpy() for _, part in shuffled]).tolist() for _ in range(2)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == stars.tolist()
    for part, answers in shuffled:
        np.testing.assert_array_equal(part[:, 0], 2 * answers)

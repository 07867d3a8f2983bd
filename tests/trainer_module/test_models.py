"""Every model of the registry, through the same `run_fn` and the same questions."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
import tensorflow as tf
from numpy.typing import NDArray

from tests.support.examples import Row, serialized
from tests.support.world import MOVIES, World, movie_row, small_config
from trainer_module.entrypoint import run_fn
from trainer_module.registry import MODELS
from transform_module import features

EVAL_FIGURES = ("eval_rmse", "eval_log_loss", "eval_auc")
UNTRAINED = ("dummy", "popular", "bias")
HISTORY, RATINGS = [10, 20, 30, 40, 50], [5.0, 4.0, 2.0, 4.5, 1.0]
ALL_IDS = [movie * 10 for movie in range(MOVIES + 1)]


def trained(world: World, folder: Path, **options: Any) -> SimpleNamespace:
    """Runs `run_fn` with these options; the signatures and the report."""
    args = world.trainer_arguments(small_config(**options), folder)
    run_fn(args)
    loaded = tf.saved_model.load(args.serving_model_dir)
    report = json.loads(Path(args.model_run_dir, "training.json").read_text())
    return SimpleNamespace(**options, loaded=loaded, ask=loaded.signatures, report=report)


@pytest.fixture(scope="module", params=MODELS)
def chosen(
    request: pytest.FixtureRequest, world: World, tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """Each model by one objective or the other, without a refit: as it was judged on eval."""
    objective = "mse" if request.param in ("dummy", "mf_history") else "cross_entropy"
    folder = tmp_path_factory.mktemp(request.param)
    return trained(world, folder, model=request.param, objective=objective, refit=False)


def rate(
    chosen: SimpleNamespace,
    histories: list[list[int]],
    ratings: list[list[float]],
    candidates: list[int] = ALL_IDS,
) -> dict[str, NDArray[np.float32]]:
    answer = chosen.ask["rate"](
        history_movie_ids=tf.constant(histories, tf.int64),
        history_ratings=tf.constant(ratings, tf.float32),
        candidate_movie_ids=tf.constant([candidates] * len(histories), tf.int64),
    )
    return {name: value.numpy() for name, value in answer.items()}


def test_the_report_tells_of_training_and_its_absence(chosen: SimpleNamespace) -> None:
    epochs = chosen.report["epochs"]
    assert epochs == (0 if chosen.model in UNTRAINED else 2)
    assert (chosen.report["best_epoch"] == 0) == (epochs == 0)


def history_in(train: list[Row], row: Row) -> dict[str, list[float]]:
    """The ratings of a row's user in train, the most recent first."""
    own = [other for other in train if other[features.USER_ID] == row[features.USER_ID]]
    own.sort(key=lambda other: other[features.TIMESTAMP], reverse=True)
    return {
        features.HISTORY_MOVIE_IDS: [other[features.MOVIE_ID][0] for other in own],
        features.HISTORY_RATINGS: [other[features.RATING][0] for other in own],
    }


def test_the_report_s_figures_are_those_of_the_exported_model_on_eval(
    chosen: SimpleNamespace, world: World
) -> None:
    rows = world.splits["eval"]
    if chosen.model == "gp_dnn":  # which looks histories up among the train ratings by itself
        rows = [row | history_in(world.splits["train"], row) for row in rows]
    answer = chosen.ask["serving_default"](examples=tf.constant([serialized(row) for row in rows]))
    stars = np.array([row[features.RATING][0] for row in rows])
    liked, likes = answer["liked"].numpy().astype(float), stars >= features.LIKED_THRESHOLD
    assert {
        "eval_rmse": np.sqrt(np.mean((answer["rating"].numpy() - stars) ** 2)),
        "eval_log_loss": sklearn.metrics.log_loss(likes, liked),
        "eval_auc": sklearn.metrics.roc_auc_score(likes, liked),
    } == pytest.approx({name: chosen.report[name] for name in EVAL_FIGURES}, abs=1e-4)


def test_answers_are_on_their_scales_and_differ(chosen: SimpleNamespace) -> None:
    answer = rate(chosen, [HISTORY], [RATINGS])
    assert ((answer["rating"] >= 0.5) & (answer["rating"] <= 5.0)).all()
    assert ((answer["liked"] >= 0.0) & (answer["liked"] <= 1.0)).all()
    assert len(np.unique(answer["liked"])) > 5


def test_rating_and_liked_agree_on_the_order(chosen: SimpleNamespace) -> None:
    answer = rate(chosen, [HISTORY], [RATINGS])
    order = np.argsort(answer["liked"][0], kind="stable")
    assert (np.diff(answer["rating"][0][order]) >= -1e-5).all()


def test_recommendations_are_valid_unseen_and_falling(chosen: SimpleNamespace) -> None:
    answer = chosen.ask["recommend"](
        history_movie_ids=tf.constant([HISTORY], tf.int64),
        history_ratings=tf.constant([RATINGS]),
        exclude_movie_ids=tf.constant([[60]], tf.int64),
        k=tf.constant(30),
    )
    ids = answer["movie_ids"].numpy()[0]
    real = ids[ids >= 0].tolist()
    assert sorted(real) == sorted(set(ALL_IDS) - {*HISTORY, 60})
    assert (np.diff(answer["scores"].numpy()[0]) <= 0).all()
    assert answer["tier"].numpy().tolist() == [b"model"]


def test_a_new_movie_is_found_beside_those_of_its_genre_and_year(chosen: SimpleNamespace) -> None:
    answer = chosen.ask["embed"](
        titles=tf.constant(["A new one (1992)"]), genres=tf.constant([features.GENRE_NAMES[2]])
    )
    lengths = np.linalg.norm(answer["embeddings"].numpy(), axis=1)
    np.testing.assert_allclose(lengths, [1.0], atol=1e-5)
    if chosen.model != "mf_dnn":  # two epochs on 100 ratings do not teach it what a genre is
        nearest = answer["similar_movie_ids"].numpy()[0, 0]
        assert nearest // 10 % 5 == 2


def test_examples_and_rate_requests_give_the_same_rating(chosen: SimpleNamespace) -> None:
    """No skew: one unknown user, one movie, asked both ways."""
    user = {
        features.USER_ID: [987],
        features.HISTORY_MOVIE_IDS: HISTORY,
        features.HISTORY_RATINGS: RATINGS,
    }
    examples = tf.constant([serialized(movie_row(movie) | user) for movie in (7, 24)])
    by_example = chosen.ask["serving_default"](examples=examples)
    by_rate = rate(chosen, [HISTORY], [RATINGS], [70, 240])
    for name in ("rating", "liked"):
        np.testing.assert_allclose(by_example[name].numpy(), by_rate[name][0], atol=1e-5)


def test_who_asks_matters_but_to_popular(chosen: SimpleNamespace) -> None:
    other = [60, 70, 80, 90, 100]
    answer = rate(chosen, [HISTORY, other], [RATINGS, [5.0] * 5])["liked"]
    assert np.allclose(answer[0], answer[1]) == (chosen.model == "popular")


def test_only_ids_known_to_mf_change_its_rating(chosen: SimpleNamespace, world: World) -> None:
    """A user of train is known to `mf` by id; the others look at the history alone."""
    known = world.splits["train"][0][features.USER_ID]
    history = {features.HISTORY_MOVIE_IDS: HISTORY, features.HISTORY_RATINGS: RATINGS}
    rows = [movie_row(7) | history | {features.USER_ID: user} for user in (known, [987], [988])]
    examples = tf.constant([serialized(row) for row in rows])
    liked = chosen.ask["serving_default"](examples=examples)["liked"].numpy()
    assert liked[1] == pytest.approx(liked[2], rel=1e-6)
    if chosen.model == "mf":
        assert abs(liked[0] - liked[1]) > 1e-4
    elif chosen.model != "mf_dnn":  # which reads a known user's aggregates, found by id
        assert liked[0] == pytest.approx(liked[1], rel=1e-6)

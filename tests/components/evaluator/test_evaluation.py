"""Whole TFMA runs of a small SavedModel, read back."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.evaluator.metrics import RANKING_METRICS
from components.evaluator.rated_rows import RatedRows
from components.evaluator.results import Verdict, read_results, read_verdict
from components.evaluator.settings import EvaluatorSettings, RegressionRule
from tests.components.evaluator.conftest import Evaluate
from tests.support.plain_metrics import plain_metrics

LENIENT = EvaluatorSettings(bounds={"rmse": 5.0}, slice_bounds={}, max_regression={})


def row(user: int, movie: int, rating: float, **changes: Any) -> dict[str, Any]:
    """A rating that the model predicts exactly, and the bias baseline as one star too many."""
    return {
        "user_id": user,
        "movie_id": movie,
        "rating": rating,
        "predicted_rating": rating,
        "liked_score": rating / 5,
        "bias_rating": rating + 1.0,
        "title": "",
        "genres": ["Drama"],
        "user_activity": "some",
        "movie_popularity": "known",
        "release_decade": "1990s",
        **changes,
    }


def random_ratings(count: int) -> list[dict[str, Any]]:
    random = np.random.default_rng(5)
    genres = ["Action", "Comedy", "Film-Noir", "Sci-Fi"]
    activities = ["cold", "some", "heavy"]
    return [
        row(
            user := int(random.integers(1, 160)),
            movie,
            float(random.integers(1, 11)) / 2,
            predicted_rating=float(np.float32(random.uniform(1, 5))),
            liked_score=float(random.integers(0, 20)) / 32,  # ties within users
            bias_rating=float(np.float32(random.uniform(3, 4))),
            title=f"Film {movie}",
            genres=[name for name in genres if random.random() < 0.4],
            user_activity=activities[user % 3],
            movie_popularity=["unseen", "popular"][movie % 2],
            release_decade=["1980s", "2010s", "unknown"][movie % 3],
        )
        for movie in map(int, random.permutation(count))
    ]


def naive_metrics(rows: list[dict[str, Any]], *, whole_users: bool) -> dict[str, float]:
    """The definitions again, one rating at a time."""
    model = plain_metrics(predictions(rows, "predicted_rating", "liked_score"))
    bias = plain_metrics(predictions(rows, "bias_rating", "bias_rating"))
    metrics = {
        **model,
        "example_count": float(len(rows)),
        "bias_rmse": bias["rmse"],
        "rmse_gain_over_bias": bias["rmse"] - model["rmse"],
        "auc_gain_over_bias": model["auc"] - bias["auc"],
    }
    return {
        name: value for name, value in metrics.items() if whole_users or name not in RANKING_METRICS
    }


def predictions(rows: list[dict[str, Any]], stars: str, score: str) -> RatedRows:
    columns = ("user_id", "movie_id", "rating", stars, score)
    users, movies, ratings, predicted, scores = (np.array([r[c] for r in rows]) for c in columns)
    return RatedRows(
        user_ids=users,
        movie_ids=movies,
        ratings=ratings,
        liked=ratings >= 4.0,
        predicted_ratings=predicted,
        liked_scores=scores,
        bias_ratings=np.full(len(rows), np.nan),
    )


def test_tfma_agrees_with_plain_computation_on_every_slice(evaluate: Evaluate) -> None:
    rows = random_ratings(3000)
    results = read_results(evaluate(rows, LENIENT))
    measured = {result.name: result for result in (results.overall, *results.slices)}
    expected = {"overall": naive_metrics(rows, whole_users=True)}
    for feature in LENIENT.slice_by:
        values = sorted({v for r in rows for v in np.atleast_1d(r[feature])})
        for value in values:
            part = [r for r in rows if value in np.atleast_1d(r[feature])]
            whole_users = feature == "user_activity"
            expected[f"{feature}={value}"] = naive_metrics(part, whole_users=whole_users)
    assert set(measured) == set(expected)
    assert len(expected) == 1 + 4 + 3 + 2 + 3
    for name, metrics in expected.items():
        found = measured[name].metrics
        assert measured[name].rows == metrics["example_count"]
        assert {each: found[each] for each in metrics} == pytest.approx(metrics, abs=1e-6), name
        assert found.keys() & RANKING_METRICS == metrics.keys() & RANKING_METRICS


@pytest.fixture(scope="module")
def good(evaluate: Evaluate) -> Path:
    """A good model under the default bounds, with one awful row in a genre of its own."""
    some = [row(user, movie, 1.0 + (user + movie) % 5) for user in range(4) for movie in range(12)]
    cold = [row(9, movie, 1.0 + movie % 5, user_activity="cold") for movie in range(10)]
    awful = row(8, 100, 0.5, predicted_rating=5.0, genres=["Film-Noir"], user_activity="heavy")
    return evaluate([*some, *cold, awful], EvaluatorSettings())


def test_a_good_model_is_blessed_with_the_default_bounds(good: Path) -> None:
    verdict = read_verdict(good)
    assert verdict.failures == ()
    assert verdict.blessed


def test_a_small_slice_without_a_bound_does_not_block(good: Path) -> None:
    noir = next(s for s in read_results(good).slices if s.value == "Film-Noir")
    assert noir.rows == 1
    assert noir.metrics["rmse"] == 4.5
    assert read_verdict(good).blessed


def test_changes_are_not_demanded_of_the_first_model(good: Path) -> None:
    assert EvaluatorSettings().max_regression
    assert read_verdict(good).blessed
    assert not read_results(good).overall.changes


def test_slices_come_by_feature_and_by_the_order_of_its_values(good: Path) -> None:
    assert [result.name for result in read_results(good).slices] == [
        "genres=Drama",
        "genres=Film-Noir",
        "movie_popularity=known",
        "release_decade=1990s",
        "user_activity=cold",
        "user_activity=some",
        "user_activity=heavy",
    ]


def test_results_are_json_without_the_undefined(good: Path) -> None:
    json_dict = json.loads(json.dumps(read_results(good).to_json_dict(), allow_nan=False))
    assert json_dict["metrics"]["example_count"] == 59
    noir = json_dict["slices"][1]
    assert {name: noir[name] for name in ("name", "feature", "value", "rows")} == {
        "name": "genres=Film-Noir",
        "feature": "genres",
        "value": "Film-Noir",
        "rows": 1,
    }
    assert (
        noir["metrics"].items()
        >= {
            "example_count": 1.0,
            "rmse": 4.5,
            "mae": 4.5,
            "bias_rmse": 1.0,
            "rmse_gain_over_bias": -3.5,
        }.items()
    )
    assert not noir["metrics"].keys() & {"auc", "auc_gain_over_bias", *RANKING_METRICS}


@pytest.fixture(scope="module")
def failing(evaluate: Evaluate) -> Verdict:
    """A model that says what the bias baseline says, of users with six ratings each."""
    rows = [row(user, movie, 1.0 + movie % 5) for user in range(8) for movie in range(6)]
    rows += [row(8, 9 + i, 2.0, predicted_rating=4.0, user_activity="cold") for i in range(4)]
    settings = EvaluatorSettings(
        bounds={"rmse": 0.25, "auc": 0.5, "ndcg_strict": 0.1, "rmse_gain_over_bias": 1e-6},
        slice_bounds={"user_activity=cold": {"rmse": 1.15}, "genres=Musical": {"rmse": 5.0}},
        max_regression={},
    )
    as_baseline = [{**r, "bias_rating": r["predicted_rating"]} for r in rows]
    return read_verdict(evaluate(as_baseline, settings))


@pytest.mark.parametrize(
    "sentence",
    [
        # 48 exact rows and 4 that are 2 off: sqrt(16 / 52)
        "rmse 0.5547 is above its ceiling 0.25 overall",
        "rmse 2 is above its ceiling 1.15 on slice user_activity=cold",
        "rmse_gain_over_bias 0 is below its floor 1e-06 overall",
        "ndcg_strict could not be measured overall, though it has a floor of 0.1",
        "no test rating is on slice genres=Musical, on which a bound is set; "
        "drop the bound or evaluate on data that has such ratings",
    ],
)
def test_a_bound_not_kept_is_told(failing: Verdict, sentence: str) -> None:
    assert sentence in failing.failures


def test_only_the_bounds_not_kept_are_told(failing: Verdict) -> None:
    assert not failing.blessed
    assert len(failing.failures) == 5  # auc keeps its floor


RATINGS = [row(user, movie, 1.0 + (user + movie) % 5) for user in range(4) for movie in range(12)]
REGRESSION = EvaluatorSettings(
    bounds={"rmse": 5.0}, slice_bounds={}, max_regression={"rmse": 0.005}
)


def test_a_model_worse_than_the_blessed_one_is_not_blessed(evaluate: Evaluate) -> None:
    folder = evaluate(RATINGS, REGRESSION, error=0.75, blessed_error=0.5)
    verdict = read_verdict(folder)
    assert not verdict.blessed
    assert verdict.failures == (
        "rmse changed by +0.25 (95 % interval +0.25 to +0.25) against the last blessed model "
        "overall, where +0.005 is allowed",
    )
    overall = read_results(folder).overall
    assert overall.metrics["rmse"] == 0.75  # the candidate's, not the blessed model's
    assert overall.changes["rmse"] == 0.25
    assert overall.change_errors["rmse"] == pytest.approx(0.0, abs=1e-9)  # the same for each user


# The ratings of one of four users are three stars worse than the blessed model's.
CHANCE = [
    {**each, "predicted_rating": each["rating"] + (3.0 if each["user_id"] == 0 else 0.0)}
    for each in RATINGS
]


@pytest.mark.parametrize(("rule", "blessed"), [("beyond_error", True), ("absolute", False)])
def test_a_change_within_its_error_is_refused_by_the_absolute_rule_alone(
    evaluate: Evaluate, rule: RegressionRule, blessed: bool
) -> None:
    settings = REGRESSION.replace(regression_rule=rule)
    # Stars off by 0 or 3 in the candidate, and by 1 or 2 in the blessed model.
    folder = evaluate(CHANCE, settings, error=0.0, blessed_error=-1.0)
    overall = read_results(folder).overall
    assert overall.changes["rmse"] == pytest.approx(math.sqrt(9 / 4) - math.sqrt((3 + 4) / 4))
    assert 1.96 * overall.change_errors["rmse"] > overall.changes["rmse"] > 0.005
    assert read_verdict(folder).blessed is blessed


def test_a_model_better_than_the_blessed_one_is_blessed(evaluate: Evaluate) -> None:
    folder = evaluate(RATINGS, REGRESSION, error=0.25, blessed_error=0.5)
    assert read_verdict(folder).blessed


def test_a_folder_without_an_evaluation_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"No evaluation in {tmp_path}"):
        read_results(tmp_path)

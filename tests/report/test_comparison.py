import math

import numpy as np
import pyarrow as pa
import pytest

from report.comparison import Comparison, compare
from report.runs import read_runs
from tests.report.conftest import MakeRun, predictions

ROWS = 400


def compared(make_run: MakeRun, before: pa.Table | None, after: pa.Table | None) -> Comparison:
    make_run("a", before, time="2026-11-28T01:00:00+00:00")
    output = make_run("b", after, time="2026-11-28T02:00:00+00:00")
    return compare(*read_runs(output))


def test_a_metric_changes_by_its_paired_difference(make_run: MakeRun) -> None:
    comparison = compared(
        make_run, predictions(np.full(ROWS, 0.5)), predictions(np.full(ROWS, 0.25))
    )
    rmse = next(each for each in comparison.metrics if each.metric.name == "rmse")
    assert (rmse.before, rmse.after) == (0.5, 0.25)
    assert rmse.error == pytest.approx(0.0, abs=1e-9)  # the same for each user
    assert rmse.verdict == "better"
    assert comparison.shared == ROWS
    assert comparison.unshared == (0, 0)


def test_a_change_that_differs_from_user_to_user_is_noise(make_run: MakeRun) -> None:
    by_user = np.repeat(np.random.default_rng(1).normal(0.5, 0.1, 40), 10)
    comparison = compared(make_run, predictions(by_user), predictions(by_user[::-1]))
    rmse = next(each for each in comparison.metrics if each.metric.name == "rmse")
    assert rmse.verdict == "noise"
    low, high = rmse.interval
    assert low < rmse.difference < high


def test_only_the_slice_that_changed_is_listed(make_run: MakeRun) -> None:
    noise = np.random.default_rng(2).normal(0, 0.4, ROWS)
    is_war = np.arange(ROWS) % 10 >= 5
    after = noise + np.where(is_war, np.sign(noise) * 1.0, 0.0)
    comparison = compared(make_run, predictions(noise), predictions(after))
    listed = {(each.slice, each.metric.name): each.verdict for each in comparison.slices}
    assert listed["genres=War", "rmse"] == "worse"
    assert compare(comparison.before, comparison.before).slices == ()


def test_the_users_and_movies_whose_predictions_changed_most_come_first(
    make_run: MakeRun,
) -> None:
    change = np.zeros(ROWS)
    change[37 * 10 : 37 * 10 + 10] = 0.5  # all ten movies of user 37
    change[4 * 10 + 8] = -2.0  # one of user 4
    comparison = compared(make_run, predictions(np.zeros(ROWS)), predictions(change))
    first, second = comparison.users
    assert (first.id, first.ratings, first.mean_change) == (37, 10, pytest.approx(0.5))
    assert (second.id, second.mean_change) == (4, pytest.approx(-0.2))
    assert (comparison.movies[0].id, comparison.movies[0].name) == (8, "Film 8")
    assert comparison.movies[0].mean_distance == pytest.approx(2.5 / 40)


def test_runs_are_compared_where_their_test_ratings_coincide(make_run: MakeRun) -> None:
    mine, other = predictions(np.zeros(ROWS)), predictions(np.ones(ROWS)).slice(100)
    stars = other.column("rating").to_numpy().copy()
    stars[0] += 0.5  # the user has changed a rating since
    other = other.set_column(2, "rating", pa.array(stars, pa.float32()))
    comparison = compared(make_run, mine, other)
    assert comparison.shared == 299
    assert comparison.unshared == (101, 1)
    mae = next(each for each in comparison.metrics if each.metric.name == "mae")
    assert (mae.before, mae.after) == (0.0, 1.0)


def test_disjoint_test_sets_are_named(make_run: MakeRun) -> None:
    comparison = compared(
        make_run, predictions(np.zeros(ROWS)).slice(0, 10), predictions(np.zeros(ROWS)).slice(10)
    )
    assert comparison.missing == "the runs share no test rating"
    assert comparison.metrics == ()


def test_without_predictions_the_rest_is_still_compared(make_run: MakeRun) -> None:
    make_run("a", None, time="1", options={"trainer": {"model": "mf"}}, dataset={"ratings": 5})
    output = make_run("b", predictions(np.zeros(ROWS)), time="2", options={"trainer": {}})
    comparison = compare(*read_runs(output))
    assert comparison.missing == "run a did not get as far as its Evaluator"
    (option,) = comparison.options
    assert (option.name, option.before, option.after) == ("trainer.model", "mf", None)
    assert [(each.name, each.before) for each in comparison.data] == [("ratings", 5)]


def test_removed_predictions_are_named(make_run: MakeRun) -> None:
    output = make_run("a", predictions(np.zeros(ROWS)), time="1")
    make_run("b", predictions(np.zeros(ROWS)), time="2")
    for file in (output / "pipeline_root" / "a").iterdir():
        file.unlink()
    comparison = compare(*read_runs(output))
    assert "No predictions in" in comparison.missing
    assert "retention.keep_runs" in comparison.missing


def test_an_error_that_is_not_defined_makes_no_verdict(make_run: MakeRun) -> None:
    one_user = predictions(np.zeros(10), users=1)
    comparison = compared(make_run, one_user, predictions(np.ones(10), users=1))
    rmse = next(each for each in comparison.metrics if each.metric.name == "rmse")
    assert math.isnan(rmse.error)
    assert rmse.verdict == "noise"

from typing import Any

import pytest

from report.runs import find_run, read_runs
from report.verdict import Check, checks
from tests.report.conftest import MakeRun

BOUNDS = {
    "bounds": {"rmse": 1.0, "auc": 0.8},
    "slice_bounds": {"user_activity=cold": {"rmse": 1.1}},
}


def checked(make_run: MakeRun, options: dict[str, Any], **measured: Any) -> list[Check]:
    runs = read_runs(make_run("r1", None, options={"evaluator": options}, **measured))
    return checks(find_run(runs, "r1"))


def test_each_bound_has_its_margin_and_interval(make_run: MakeRun) -> None:
    rmse, auc, cold = checked(
        make_run,
        BOUNDS,
        metrics={"rmse": 0.9, "auc": 0.7},
        errors={"rmse": 0.01},
        slices=[{"name": "user_activity=cold", "metrics": {"rmse": 1.2}, "errors": {}}],
    )
    assert (rmse.kind, rmse.kept, rmse.margin) == ("ceiling", True, pytest.approx(0.1))
    assert rmse.interval == pytest.approx((0.8804, 0.9196))
    assert (auc.kind, auc.kept, auc.margin) == ("floor", False, pytest.approx(-0.1))
    assert auc.interval is None
    assert (cold.where, cold.kept, cold.margin) == (
        "user_activity=cold",
        False,
        pytest.approx(-0.1),
    )


def test_what_was_not_measured_is_not_kept(make_run: MakeRun) -> None:
    found = checked(make_run, BOUNDS)
    assert [(each.value, each.margin, each.kept) for each in found] == [(None, None, False)] * 3


@pytest.mark.parametrize(
    ("rule", "margin"), [("absolute", 0.005 - 0.02), ("beyond_error", 0.005 - 0.02 + 1.96 * 0.01)]
)
def test_a_change_is_judged_by_the_rule(make_run: MakeRun, rule: str, margin: float) -> None:
    (change,) = checked(
        make_run,
        {"max_regression": {"rmse": 0.005}, "regression_rule": rule},
        changes={"rmse": 0.02},
        change_errors={"rmse": 0.01},
    )
    assert (change.kind, change.bound) == ("change", 0.005)
    assert change.margin == pytest.approx(margin)
    assert change.kept is (margin > 0)


def test_a_change_of_a_metric_where_more_is_better_may_fall_by_as_much(make_run: MakeRun) -> None:
    (change,) = checked(
        make_run,
        {"max_regression": {"auc": 0.005}, "regression_rule": "absolute"},
        changes={"auc": -0.004},
    )
    assert (change.bound, change.kept) == (-0.005, True)

"""The Evaluator, the scoreboard and a naive computation, of one model's real predictions."""

import pytest

from benchmarks.scoreboard.metrics import measure
from tests.support.plain_metrics import plain_metrics

pytestmark = pytest.mark.e2e


def test_three_computations_of_every_metric_agree_to_a_millionth(finished_run, rated):
    predictions = finished_run.test_predictions()
    assert len(predictions.ratings) == len(rated.test_rows()) > 500
    evaluator, scoreboard = finished_run.metrics(), measure(predictions)
    plain = plain_metrics(predictions)
    for name, value in plain.items():
        assert scoreboard[name] == pytest.approx(value, rel=0, abs=1e-6), name
        assert evaluator[name] == pytest.approx(value, rel=0, abs=1e-6), name

"""The Evaluator, the scoreboard and a naive computation, of one model's real predictions."""

import pytest

from scoreboard.data.rated_movies import RatedMovies
from scoreboard.measuring.metrics import measure
from tests.support.finished_run import FinishedRun
from tests.support.plain_metrics import plain_metrics

pytestmark = pytest.mark.e2e


def test_evaluator_and_scoreboard_agree_with_a_naive_computation(
    finished_run: FinishedRun, rated: RatedMovies
) -> None:
    predictions = finished_run.test_predictions()
    assert len(predictions.ratings) == len(rated.test_rows()) > 500
    evaluator, scoreboard = finished_run.metrics(), measure(predictions, are_probabilities=True)
    plain = plain_metrics(predictions)
    for name, value in plain.items():
        assert scoreboard[name] == pytest.approx(value, rel=0, abs=1e-6), name
        assert evaluator[name] == pytest.approx(value, rel=0, abs=1e-6), name

"""A server is really asked, the client logs it, and the next run looks at the log."""

from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf

from serving.client import RatedMovie, RecommenderClient, RequestLog
from serving.server_process import ServerProcess
from tests.e2e.conftest import Installation

pytestmark = pytest.mark.e2e

THRESHOLDS = (
    "skew.min_rows=250",
    "skew.l_infinity={movie_id = 0.05, genres = 0.05}",
    "skew.jensen_shannon={history_ratings = 0.05, history_length = 0.1}",
)
REQUESTS = 300


def eval_rows(installation: Installation) -> list[tuple[list[RatedMovie], int]]:
    """History and movie of some eval examples, in no order."""
    pattern = "pipeline_root/MovieLensExampleGen/examples/*/Split-eval/*"
    newest = max(installation.output.glob(pattern), key=lambda path: int(path.parts[-3]))
    records = tf.data.TFRecordDataset(str(newest), "GZIP").shuffle(20_000, seed=1).take(REQUESTS)
    rows = []
    for record in records.as_numpy_iterator():
        feature = tf.train.Example.FromString(record).features.feature
        history = zip(
            feature["history_movie_ids"].int64_list.value,
            feature["history_ratings"].float_list.value,
            strict=True,
        )
        rated = [RatedMovie(movie_id=movie, rating=rating) for movie, rating in history]
        rows.append((rated, feature["movie_id"].int64_list.value[0]))
    return rows


@pytest.fixture
def log_requests(
    installation: Installation, first_server: ServerProcess, tmp_path: Path
) -> Callable[[float], str]:
    """Asks a server what eval examples hold, with the stars lowered; names the log."""

    def ask(lowered_by: float) -> str:
        prefix = tmp_path / "log" / f"lowered-{lowered_by:g}"
        with (
            RequestLog(prefix) as request_log,
            RecommenderClient(first_server.target, request_log=request_log) as client,
        ):
            for history, movie in eval_rows(installation):
                asked = [
                    RatedMovie(movie_id=seen.movie_id, rating=max(0.5, seen.rating - lowered_by))
                    for seen in history
                ]
                client.rate([asked], [[movie]])
        return str(prefix)

    return ask


def test_a_run_is_refused_where_other_ratings_are_asked_and_passes_where_they_are_alike(
    installation: Installation, log_requests: Callable[[float], str]
) -> None:
    before = installation.versions()
    metrics = installation.output / "movielens.prom"
    settings = (*THRESHOLDS, f"alerts.metrics_file={metrics}")
    process = installation.run(f"skew.serving_log={log_requests(2.0)}", *settings)
    assert process.returncode == 1
    assert f"{REQUESTS} rows of requests: {REQUESTS} rate" in process.stderr
    told = process.stderr.replace("\n", " ")
    assert "feature `history_ratings` of split serving: expected much the same as in training" in (
        told
    )
    assert "Jensen-Shannon divergence between training and serving is 0." in told
    assert "`movie_id`" not in told
    assert installation.states()["SkewGate"] == "failed"
    assert installation.versions() == before
    labels = '{feature="history_ratings",measure="Jensen-Shannon",pipeline="movielens"}'
    assert f"movielens_skew_distance{labels} 0." in metrics.read_text()
    process = installation.run(f"skew.serving_log={log_requests(0.0)}", *settings)
    assert process.returncode == 0, process.stderr
    states = installation.states()
    assert {states[node] for node in ("ServingLogGen", "SkewValidator", "SkewGate")} == {"executed"}
    assert "history_ratings Jensen-Shannon 0.0" in process.stderr


def test_a_log_that_is_nowhere_is_told_with_its_pattern(
    installation: Installation, tmp_path: Path
) -> None:
    process = installation.run(f"skew.serving_log={tmp_path}/none", *THRESHOLDS)
    assert process.returncode == 1
    assert f"No file of a serving log matches {tmp_path}/none*.tfrecord" in process.stderr
    assert "leave skew.serving_log out" in process.stderr
    assert installation.states()["ServingLogGen"] == "failed"

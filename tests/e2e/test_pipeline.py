"""The whole pipeline: cold, cached, after an edit, killed, refused.

Every test starts from the output folder as the cold run left it.
"""

import csv
import json
from collections.abc import Iterator

import numpy as np
import pytest

from serving.client import RatedMovie, RecommenderClient
from serving.server_process import ServerProcess
from tests.e2e.conftest import FirstRun, Installation
from tests.support.forked_runs import KILLED
from tests.support.nodes import NODES

pytestmark = pytest.mark.e2e

WITHOUT_CANARY = "canary.enabled=false"


def test_a_cold_run_ends_with_a_pushed_version_and_a_whole_summary(
    first_run: FirstRun, installation: Installation
) -> None:
    summary = installation.summary()
    assert summary["status"] == "succeeded"
    assert summary["blessed"] is True
    assert installation.versions() == [summary["pushed_version"]]
    assert {node["id"] for node in summary["nodes"]} == set(NODES)
    assert {node["state"] for node in summary["nodes"]} == {"executed"}
    assert summary["dataset"] == {"ratings": 5000, "users": 120, "movies": 200, "bad_rows": 0}
    for name in ("rmse", "mae", "auc", "ndcg_strict", "ndcg_normal", "p10_strict", "p10_normal"):
        assert np.isfinite(summary["metrics"][name]), name


def test_the_terminal_tells_each_node_and_no_library_noise(first_run: FirstRun) -> None:
    _, process = first_run
    for node in NODES:
        assert node in process.stderr
    for noise in ("WARNING", "absl", "tensorflow/core", "Traceback", "oneDNN"):
        assert noise not in process.stderr + process.stdout


def test_the_pushed_model_answers_over_grpc(
    installation: Installation, first_server: ServerProcess
) -> None:
    rows = csv.DictReader((installation.data / "movies.csv").read_text().splitlines())
    *liked, candidate = [int(row["movieId"]) for row in rows][:7]
    seen = [RatedMovie(movie_id=movie, rating=5.0) for movie in liked]
    with RecommenderClient(first_server.target) as client:
        newcomer, regular = client.recommend([[], seen], k=10)
        ((rated,),) = client.rate([seen], [[candidate]])
    assert newcomer.tier == "popular"
    assert regular.tier == "model"
    assert len(regular.movies) == 10
    assert not {movie.movie_id for movie in regular.movies} & set(liked)
    assert 0.5 <= rated.rating <= 5.0


def test_a_second_run_answers_from_the_cache_and_says_why(installation: Installation) -> None:
    before = installation.versions()
    process = installation.run()
    assert process.returncode == 0, process.stderr
    states = installation.states()
    # Which model was blessed last is asked anew in every run.
    assert states.pop("BaselineResolver") == "executed"
    assert set(states.values()) == {"cached"}
    assert "inputs, options and code are unchanged" in process.stderr
    assert installation.versions() == before


def test_a_model_below_its_bounds_is_refused_loudly_and_not_pushed(
    installation: Installation,
) -> None:
    before = installation.versions()
    process = installation.run("evaluator.bounds={rmse = 0.1, auc = 0.55}")
    assert process.returncode == 1
    (line,) = [line for line in process.stderr.splitlines() if "NOT BLESSED, so" in line]
    assert "rmse" in line
    assert "0.1" in line
    assert installation.versions() == before
    assert installation.summary()["pushed_version"] is None


def test_a_model_that_the_canary_refuses_is_told_with_the_request_and_tried_again(
    installation: Installation,
) -> None:
    before = installation.versions()
    for _ in range(2):
        process = installation.run("canary.max_p99_ms=0.001")
        assert process.returncode == 1
        (line,) = [line for line in process.stderr.splitlines() if "NOT BLESSED, so" in line]
        assert "ServingValidator: 99th percentile of the sample requests, " in line
        assert "of user " in line
        assert "expected at most max_p99_ms = 0.001 ms. Received: " in line
        assert "Traceback" not in process.stderr
        assert installation.versions() == before
        summary = installation.summary()
        assert (summary["status"], summary["blessed"]) == ("not_blessed", False)
        assert summary["pushed_version"] is None
        assert installation.states()["Evaluator"] == "cached"
        assert installation.states()["ServingValidator"] == "executed"


@pytest.fixture
def edited_model(installation: Installation) -> Iterator[None]:
    """Appends a line to a file of the source for as long as the test runs."""
    file = installation.source / "trainer_module" / "models" / "mf_dnn.py"
    content = file.read_bytes()
    file.write_bytes(content + b"\nEDITED = True\n")
    yield
    file.write_bytes(content)


def test_an_edit_of_a_model_re_runs_the_trainer_and_a_kill_there_loses_nothing(
    installation: Installation, edited_model: None
) -> None:
    before = installation.versions()
    begun = installation.output / "pipeline_root" / "Trainer" / "model_run" / "*"
    killed = installation.run(WITHOUT_CANARY, kill_at=str(begun))
    assert killed.returncode == KILLED
    assert installation.versions() == before

    again = installation.run(WITHOUT_CANARY)
    assert again.returncode == 0, again.stderr
    assert "going on from the nodes that it finished" in again.stderr
    # What reads its output runs too.
    readers = {"BaselineResolver", "Evaluator", "Pusher", "RunReport"}
    assert installation.executed() == {"Trainer"} | readers
    assert installation.versions() == [*before, installation.summary()["pushed_version"]]


def test_all_that_programs_read_is_json(installation: Installation) -> None:
    options = ("--json", "--log-format", "json")
    process = installation.movielens(*installation.run_arguments(), *options)
    summary = json.loads(process.stdout)
    assert summary == installation.summary()
    *told, outcome = [json.loads(line) for line in process.stderr.splitlines()]
    assert (outcome["event"], outcome["run_id"]) == ("run_outcome", summary["run_id"])
    log = (installation.output / "logs" / f"run-{summary['run_id']}.jsonl").read_text()
    logged = [json.loads(line) for line in log.splitlines()]
    assert any("Running launcher" in line["message"] for line in logged)
    for line in [*told, *logged]:
        assert line.keys() >= {"time", "level", "logger", "message", "pipeline"}
        assert line["run_id"] == summary["run_id"]
    assert any(line["message"].startswith("Pusher ") for line in told)

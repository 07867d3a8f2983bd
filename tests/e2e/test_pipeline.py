"""The whole pipeline in order: cold, cached, after an edit, killed, refused. Each test goes on from
the output folder that the one before left, as the nights of a real installation do.
"""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from serving.answers import RatedMovie
from serving.client import RecommenderClient
from serving.server_process import ServerProcess
from tests.e2e.conftest import movielens, run_arguments, states_of, summary_of

pytestmark = pytest.mark.e2e

NODES = {
    "CuratedSchema",
    "MovieLensExampleGen",
    "StatisticsGen",
    "ExampleValidator",
    "AnomalyGate",
    "Transform",
    "Trainer",
    "BaselineResolver",
    "Evaluator",
    "Pusher",
}


def versions(output: Path) -> list[int]:
    return sorted(int(folder.name) for folder in (output / "serving_model/movielens").iterdir())


def test_a_cold_run_ends_with_a_pushed_version_and_a_whole_summary(first_run):
    output, process = first_run
    assert process.returncode == 0, process.stderr
    summary = summary_of(output)
    assert summary["status"] == "succeeded"
    assert summary["blessed"] is True
    assert versions(output) == [summary["pushed_version"]]
    assert {node["id"] for node in summary["nodes"]} == NODES
    assert {node["state"] for node in summary["nodes"]} == {"executed"}
    assert summary["dataset"] == {"ratings": 9000, "users": 150, "movies": 300, "bad_rows": 0}
    for name in ("rmse", "mae", "auc", "ndcg_strict", "ndcg_normal", "p10_strict", "p10_normal"):
        assert np.isfinite(summary["metrics"][name]), name


def test_the_terminal_tells_each_node_and_no_library_noise(first_run):
    _, process = first_run
    for node in NODES:
        assert node in process.stderr
    for noise in ("WARNING", "absl", "tensorflow/core", "Traceback", "oneDNN"):
        assert noise not in process.stderr + process.stdout


def test_the_pushed_model_answers_over_grpc(first_run, tmp_path):
    output, _ = first_run
    with (
        ServerProcess(
            output / "serving_model/movielens",
            model_name="movielens",
            log_path=tmp_path / "server.log",
        ) as server,
        RecommenderClient(server.target) as client,
    ):
        seen = [RatedMovie(movie, 5.0) for movie in (1, 2, 3, 4, 5, 6)]
        (newcomer, regular) = client.recommend([[], seen], k=10)
        ((rated,),) = [client.rate([seen], [[7]])[0]]
    assert newcomer.tier == "popular"
    assert regular.tier == "model"
    assert len(regular.movies) == 10
    assert not {movie.movie_id for movie in regular.movies} & {movie.movie_id for movie in seen}
    assert 0.5 <= rated.rating <= 5.0


def test_a_second_run_answers_from_the_cache_and_says_why(first_run, ratings_folder):
    output, _ = first_run
    before = versions(output)
    process = movielens(*run_arguments(output, ratings_folder))
    assert process.returncode == 0, process.stderr
    states = states_of(output)
    # Which model was blessed last is asked anew in every run.
    assert states.pop("BaselineResolver") == "executed"
    assert set(states.values()) == {"cached"}
    assert "inputs, options and code are unchanged" in process.stderr
    assert versions(output) == before


def test_a_model_below_its_bounds_is_refused_loudly_and_not_pushed(first_run, ratings_folder):
    output, _ = first_run
    before = versions(output)
    process = movielens(
        *run_arguments(output, ratings_folder, "evaluator.bounds={rmse = 0.1, auc = 0.55}")
    )
    assert process.returncode == 1
    assert "NOT BLESSED" in process.stderr
    assert "rmse" in process.stderr
    assert "0.1" in process.stderr
    assert versions(output) == before
    assert summary_of(output)["pushed_version"] is None


@pytest.mark.parametrize(
    ("edited", "line", "expected"),
    [
        (
            "transform_module/movie_metadata.py",
            "NO_YEAR = float('nan')  # edited",
            {"Transform", "Trainer"},
        ),
        ("trainer_module/towers.py", "# edited", {"Trainer"}),
    ],
)
def test_an_edit_re_runs_exactly_what_depends_on_it(
    first_run, ratings_folder, tmp_path, edited, line, expected
):
    """In a copy of the source, so that the edit touches nobody else."""
    output, _ = first_run
    copy = tmp_path / "source"
    root = Path(__file__).parents[2]
    for package in ("components", "pipeline", "serving", "trainer_module", "transform_module"):
        shutil.copytree(root / package, copy / package)
    with (copy / edited).open("a") as file:
        file.write(f"\n{line}\n")
    process = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *run_arguments(output, ratings_folder)],
        check=False,
        cwd=copy,
        env={"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert process.returncode == 0, process.stderr
    executed = {node for node, state in states_of(output).items() if state == "executed"}
    # What reads their outputs runs too.
    assert executed == expected | {"BaselineResolver", "Evaluator", "Pusher"}


def test_a_run_killed_in_the_trainer_goes_on_from_there(ratings_folder, tmp_path):
    output = tmp_path / "output"
    arguments = run_arguments(output, ratings_folder)
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    for told in process.stderr:
        if told.startswith("Trainer ..."):
            time.sleep(2)
            process.send_signal(signal.SIGKILL)
            break
    process.stderr.close()
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert not (output / "serving_model").exists()

    again = movielens(*arguments)
    assert again.returncode == 0, again.stderr
    assert "going on from the nodes that it finished" in again.stderr
    states = states_of(output)
    assert states["Transform"] == "cached"
    assert states["Trainer"] == "executed"
    assert versions(output) == [summary_of(output)["pushed_version"]]


def test_json_output_is_the_summary(first_run, ratings_folder):
    output, _ = first_run
    process = movielens(*run_arguments(output, ratings_folder), "--json")
    assert json.loads(process.stdout) == summary_of(output)

import shutil
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.proto import metadata_store_pb2

from components.run_report import PROBLEM_PROPERTY
from pipeline.errors import RunFailure
from pipeline.store.leftovers import (
    claim,
    discard_unfinished,
    forget_stale,
    set_aside_orphans,
)
from tests.support.recorded_runs import RecordedRuns

LIVE = metadata_store_pb2.Artifact.LIVE
DELETED = metadata_store_pb2.Artifact.DELETED
RUNNING = metadata_store_pb2.Execution.RUNNING
FAILED = metadata_store_pb2.Execution.FAILED


def push(runs: RecordedRuns, destination: Path, *, pushed: bool = True) -> int:
    artifact = runs.artifact("PushedModel", pushed=int(pushed), pushed_destination=str(destination))
    _, (artifact_id,) = runs.execution(runs.run("r"), "Pusher", outputs=[artifact])
    return artifact_id


def test_a_version_deleted_from_the_served_folder_is_forgotten(
    runs: RecordedRuns, tmp_path: Path
) -> None:
    (tmp_path / "1").mkdir()
    there = push(runs, tmp_path / "1")
    lost = push(runs, tmp_path / "2")
    never = push(runs, Path(), pushed=False)
    forget_stale(runs.store, "movielens", with_refusals=False)
    assert [runs.state(each) for each in (there, lost, never)] == [LIVE, DELETED, LIVE]


def test_pushes_of_other_pipelines_are_not_ours_to_forget(
    runs: RecordedRuns, others: RecordedRuns, tmp_path: Path
) -> None:
    elsewhere = push(others, tmp_path / "on another host")
    forget_stale(runs.store, "movielens", with_refusals=False)
    assert others.state(elsewhere) == LIVE


def test_a_store_without_pushes_has_nothing_to_forget(store: Any) -> None:
    forget_stale(store, "movielens", with_refusals=False)
    assert store.get_artifacts() == []


def test_output_of_which_only_the_folder_is_left_is_forgotten(
    runs: RecordedRuns, tmp_path: Path
) -> None:
    made = [runs.artifact("Model"), runs.artifact("Examples"), runs.artifact("Schema")]
    _, (emptied, whole, missing) = runs.execution(runs.run("r"), "Any", outputs=made)
    (Path(made[0].uri) / "file").rename(tmp_path / "elsewhere")
    (Path(made[0].uri) / "assets").mkdir()
    shutil.rmtree(made[2].uri)
    forget_stale(runs.store, "movielens", with_refusals=False)
    assert [runs.state(each) for each in (emptied, whole, missing)] == [DELETED, LIVE, LIVE]


def test_what_the_canary_refused_is_tried_again_and_what_it_blessed_is_not(
    runs: RecordedRuns, others: RecordedRuns
) -> None:
    def bless(recorded: RecordedRuns, *, blessed: bool) -> int:
        artifact = recorded.artifact("InfraBlessing", blessed=int(blessed))
        _, (artifact_id,) = recorded.execution(
            recorded.run("r"), "ServingValidator", outputs=[artifact]
        )
        return artifact_id

    refused, blessed = bless(runs, blessed=False), bless(runs, blessed=True)
    theirs = bless(others, blessed=False)
    forget_stale(runs.store, "movielens", with_refusals=True)
    assert [runs.state(refused), runs.state(blessed), others.state(theirs)] == [DELETED, LIVE, LIVE]


def test_lists_that_could_not_be_made_are_tried_again(runs: RecordedRuns) -> None:
    artifact = runs.artifact("String")
    artifact.custom_properties[PROBLEM_PROPERTY].string_value = "NotFoundError"
    _, (artifact_id,) = runs.execution(runs.run("r"), "RunReport", outputs=[artifact])
    forget_stale(runs.store, "movielens", with_refusals=True)
    assert runs.state(artifact_id) == DELETED


def test_only_our_own_open_executions_are_taken_for_what_a_kill_left(
    runs: RecordedRuns, others: RecordedRuns, tmp_path: Path
) -> None:
    ours, _ = runs.execution(runs.run("r1"), "Trainer", state=RUNNING)
    runs.execution(runs.run("r1"), "Pusher")
    theirs, _ = others.execution(others.run("r2"), "Trainer", state=RUNNING)
    half_written = tmp_path / "pipeline_root" / "Trainer" / "model" / str(ours)
    half_written.mkdir(parents=True)
    assert discard_unfinished(runs.store, "movielens", tmp_path / "pipeline_root") == 1
    assert not half_written.exists()
    states = [each.last_known_state for each in runs.store.get_executions_by_id([ours, theirs])]
    assert states == [FAILED, RUNNING]
    assert discard_unfinished(runs.store, "movielens", tmp_path / "pipeline_root") == 0


def test_artifacts_without_metadata_are_set_aside(store: Any, tmp_path: Path) -> None:
    (tmp_path / "pipeline_root" / "Trainer").mkdir(parents=True)
    aside = set_aside_orphans(store, "movielens", tmp_path / "pipeline_root")
    assert aside is not None
    assert (aside / "Trainer").is_dir()
    assert not (tmp_path / "pipeline_root").exists()


@pytest.mark.parametrize("name", ["movielens", "renamed"])
def test_artifacts_with_metadata_stay(runs: RecordedRuns, name: str) -> None:
    runs.execution(runs.run("r1"), "Trainer", outputs=[runs.artifact("Model")])
    assert set_aside_orphans(runs.store, name, runs.root) is None
    assert runs.root.is_dir()


def test_a_new_output_folder_has_nothing_to_set_aside(store: Any, tmp_path: Path) -> None:
    assert set_aside_orphans(store, "movielens", tmp_path / "pipeline_root") is None


def test_a_name_that_another_folder_has_claimed_is_refused(store: Any, tmp_path: Path) -> None:
    claim(store, "movielens", tmp_path / "first")
    claim(store, "movielens", tmp_path / "first")
    claim(store, "others", tmp_path / "second")
    with pytest.raises(RunFailure, match=r"`movielens` belongs to .*/first.*pipeline\.name"):
        claim(store, "movielens", tmp_path / "second")

import contextlib
import io
import multiprocessing
import os
import signal
from pathlib import Path

import pytest
from tfx.orchestration import metadata
from tiny_components import tiny_pipeline, unresolvable_pipeline

from components.atomic_pusher.executor import BEFORE_PUSH
from pipeline.config import load_config
from pipeline.run.execute import RunProgress, run_nodes
from pipeline.run.record import Node
from pipeline.run.stop_request import StopRequest
from pipeline.store.connection import open_store
from pipeline.store.leftovers import discard_unfinished
from pipeline.store.relocation import follow_move


def run(folder: Path, number: int = 8, run_id: str = "first") -> list[Node]:
    progress = RunProgress(io.StringIO())
    run_nodes(tiny_pipeline(folder, number), run_id, folder, progress, StopRequest())
    return progress.nodes


def states(results: list[Node]) -> list[tuple[str, str, str]]:
    return [(result.id, result.state, result.why) for result in results]


def ran(folder: Path) -> list[str]:
    return (folder / "ran").read_text().split()


def test_a_first_run_executes_every_node_in_order(tmp_path: Path) -> None:
    console = io.StringIO()
    progress = RunProgress(console)
    run_nodes(tiny_pipeline(tmp_path, 8), "first", tmp_path, progress, StopRequest())
    results = progress.nodes
    assert states(results) == [
        ("Write", "executed", "first run"),
        ("Halve", "executed", "first run"),
        ("Report", "executed", "first run"),
    ]
    assert [line.split()[:2] for line in console.getvalue().splitlines()] == [
        ["Write", "..."],
        ["Write", "executed"],
        ["Halve", "..."],
        ["Halve", "executed"],
        ["Report", "..."],
        ["Report", "executed"],
    ]
    (report,) = results[-1].outputs["report"]
    assert Path(report.uri).read_text() == "4"
    assert all(result.peak_rss_mb > 100 for result in results)
    assert all(0 < result.seconds < 60 for result in results)
    assert all(0 < result.cpu_seconds < 60 for result in results)


def test_an_unchanged_second_run_is_answered_from_the_cache(tmp_path: Path) -> None:
    first = run(tmp_path)
    second = run(tmp_path, run_id="second")
    unchanged = "inputs, options and code are unchanged"
    assert [(r.state, r.why) for r in second] == [("cached", unchanged)] * 3
    assert ran(tmp_path) == ["Write", "Halve", "Report"]
    assert second[-1].outputs["report"][0].uri == first[-1].outputs["report"][0].uri


def test_a_changed_option_re_runs_what_depends_on_it_and_says_why(tmp_path: Path) -> None:
    run(tmp_path, 8)
    assert states(run(tmp_path, 12, run_id="second")) == [
        ("Write", "executed", "number: 8 -> 12"),
        ("Halve", "executed", "new output of Write"),
        ("Report", "executed", "new output of Halve"),
    ]


def test_going_back_to_earlier_options_is_answered_from_the_cache(tmp_path: Path) -> None:
    run(tmp_path, 8)
    run(tmp_path, 12, run_id="second")
    assert [result.state for result in run(tmp_path, 8, run_id="third")] == ["cached"] * 3


def test_a_failing_node_is_told_in_a_line_and_those_after_it_are_skipped(tmp_path: Path) -> None:
    results = run(tmp_path, 7)
    assert [result.state for result in results] == ["executed", "failed", "skipped"]
    assert "expected an even number. Received: 7" in results[1].why
    assert "\n" not in results[1].why
    assert results[2].why == "Halve failed"
    assert ran(tmp_path) == ["Write", "Halve"]


def test_after_a_failure_the_finished_nodes_are_not_run_again(tmp_path: Path) -> None:
    run(tmp_path, 7)
    again = run(tmp_path, 7, run_id="second")
    assert [result.state for result in again] == ["cached", "failed", "skipped"]
    assert ran(tmp_path) == ["Write", "Halve", "Halve"]


def test_a_killed_run_goes_on_from_the_node_that_it_died_in(tmp_path: Path) -> None:
    (tmp_path / "kill").touch()
    # A fork has loaded TFX already.
    killed = multiprocessing.get_context("fork").Process(target=run, args=(tmp_path,))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    (half_written,) = (tmp_path / "pipeline_root" / "Halve" / "half").iterdir()
    (tmp_path / "kill").unlink()

    pipeline, root = tiny_pipeline(tmp_path, 8), tmp_path / "pipeline_root"
    with metadata.Metadata(pipeline.metadata_connection_config) as handle:
        assert discard_unfinished(handle.store, "tiny", root) == 1
        assert discard_unfinished(handle.store, "tiny", root) == 0
    assert not half_written.exists()
    assert states(run(tmp_path, run_id="second")) == [
        ("Write", "cached", "inputs, options and code are unchanged"),
        ("Halve", "executed", "no earlier attempt finished"),
        ("Report", "executed", "first run"),
    ]


def test_output_that_somebody_deleted_is_made_again(tmp_path: Path) -> None:
    first = run(tmp_path)
    Path(first[1].outputs["half"][0].uri).unlink()
    second = run(tmp_path, run_id="second")
    assert second[0].state == "cached"
    assert (second[1].state, second[1].why) == ("executed", "its earlier output is gone")


def test_a_node_says_why_its_inputs_cannot_be_resolved(tmp_path: Path) -> None:
    progress = RunProgress(io.StringIO())
    run_nodes(unresolvable_pipeline(tmp_path), "first", tmp_path, progress, StopRequest())
    (result,) = progress.nodes
    assert (result.state, result.why) == (
        "failed",
        "its inputs could not be resolved: LookupError: expected a model of span 7. Received: none",
    )


@pytest.mark.parametrize("place", ["new place", 'ünter/"a"/b'])
def test_a_moved_folder_is_answered_from_the_cache(tmp_path: Path, place: str) -> None:
    first, second = tmp_path / "first", tmp_path / place
    first.mkdir()
    run(first)
    for number, (old, new) in enumerate([(first, second), (second, tmp_path / "third")]):
        new.parent.mkdir(exist_ok=True, parents=True)
        old.rename(new)
        config = load_config(output=str(new), overrides=["pipeline.name=tiny"])
        assert follow_move(open_store(config), config) == old
        again = run(new, run_id=f"moved {number}")
        assert [result.state for result in again] == ["cached"] * 3
        assert again[2].outputs["report"][0].uri.startswith(f"{new}/")
    # What is made there is found there, and what has changed is made anew.
    assert [result.state for result in run(new, 12, run_id="changed")] == ["executed"] * 3
    assert [result.state for result in run(new, 12, run_id="again")] == ["cached"] * 3


def test_an_interrupt_is_not_a_failure_of_the_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.run.launch.launcher.Launcher.launch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)


@pytest.mark.parametrize(
    ("fault", "running", "finished"),
    [("wrap", "Halve", ["Write"]), ("swallow", "Report", ["Write", "Halve"])],
)
def test_an_interrupt_stops_the_run_whatever_a_library_makes_of_it(
    tmp_path: Path, fault: str, running: str, finished: list[str]
) -> None:
    (tmp_path / fault).touch()
    progress = RunProgress(io.StringIO())
    with StopRequest() as stop, pytest.raises(KeyboardInterrupt):
        run_nodes(tiny_pipeline(tmp_path, 8), "first", tmp_path, progress, stop)
    assert [node.id for node in progress.nodes] == finished
    assert progress.running_node == running
    assert ran(tmp_path) == ["Write", "Halve"]

    (tmp_path / fault).unlink()
    assert run(tmp_path, run_id="second")[-1].state == "executed"


def test_a_node_that_has_swallowed_the_interrupt_does_not_push(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed = []

    def push(_: object) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        BEFORE_PUSH.get()()
        pushed.append("a version")

    monkeypatch.setattr("pipeline.run.launch.launcher.Launcher.launch", push)
    progress = RunProgress(io.StringIO())
    with StopRequest() as stop, pytest.raises(KeyboardInterrupt):
        run_nodes(tiny_pipeline(tmp_path, 8), "first", tmp_path, progress, stop)
    assert pushed == []

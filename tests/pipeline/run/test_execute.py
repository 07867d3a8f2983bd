import io
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.errors import RunFailure
from pipeline.run.execute import RunProgress, prepare_data, sum_up
from pipeline.run.record import Node

LOG = Path("/logs/run-r1.log")


def test_each_node_is_a_line_with_state_time_and_reason() -> None:
    console = io.StringIO()
    progress = RunProgress(console)
    with progress.running("Trainer"):
        pass
    progress.finished(Node(id="Trainer", state="failed", why="no memory", seconds=1.25))
    progress.finished(Node(id="Pusher", state="skipped", why="Trainer failed"))
    assert console.getvalue().splitlines() == [
        "Trainer ...",
        "Trainer              failed      1.2 s  no memory",
        "Pusher               skipped     0.0 s  Trainer failed",
    ]


def test_a_failed_run_is_summed_up_without_what_it_never_measured() -> None:
    progress = RunProgress(io.StringIO())
    progress.finished(Node(id="Trainer", state="failed", why="no memory", peak_rss_mb=9))
    progress.finished(Node(id="Pusher", state="skipped", why="Trainer failed"))
    summary = sum_up(load_config(), "r1", LOG, progress.nodes, 2.0)
    assert (summary.status, summary.blessed, summary.pushed_version) == ("failed", False, None)
    assert summary.failures == ["Trainer: no memory"]
    assert (summary.dataset, summary.metrics) == (None, {})
    assert [(node.id, node.state, node.peak_rss_mb) for node in summary.nodes] == [
        ("Trainer", "failed", 9),
        ("Pusher", "skipped", 0),
    ]


def test_an_interrupted_run_names_the_node_that_was_running() -> None:
    progress = RunProgress(io.StringIO())
    progress.running("Transform")
    progress.interrupted()
    summary = sum_up(load_config(), "r1", LOG, progress.nodes, 2.0, is_interrupted=True)
    assert summary.status == "interrupted"
    assert summary.failures[0].startswith("Transform: interrupted; run the same command again")


def test_a_node_that_ends_as_the_interrupt_comes_is_listed_once() -> None:
    progress = RunProgress(io.StringIO())
    progress.running("Write")
    progress.finished(Node(id="Write", state="executed", why="first run"))
    progress.interrupted()
    assert [(node.id, node.state) for node in progress.nodes] == [("Write", "failed")]


def test_a_folder_in_no_layout_fails_before_any_node_runs(tmp_path: Path) -> None:
    config = load_config(output=f"{tmp_path}/out", data=str(tmp_path))
    with pytest.raises(RunFailure, match="is no MovieLens folder"):
        prepare_data(config)


def test_the_default_data_are_written_and_readable(tmp_path: Path) -> None:
    config = load_config(output=str(tmp_path))
    prepare_data(config)
    assert sorted(file.name for file in config.default_data.iterdir()) == [
        "movies.csv",
        "ratings.csv",
    ]


def test_a_pattern_of_spans_is_left_to_the_example_gen() -> None:
    prepare_data(load_config(data="/no/such/span-{SPAN}"))

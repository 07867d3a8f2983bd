import io
import json
from pathlib import Path

import pytest
from tiny_components import tiny_pipeline

from pipeline.config import PipelineConfig, load_config
from pipeline.errors import RunFailure, UsageError
from pipeline.run import node as node_execution
from pipeline.run.launch import compile_run
from pipeline.run.lock import exclusive_run
from pipeline.run.node import NodeOfRun, execute_node
from pipeline.run.stop_request import StopRequest
from pipeline.runners.airflow3 import graph_of
from report.runs import run_folder

NODES = ("Write", "Halve", "Report")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PipelineConfig:
    monkeypatch.setattr(node_execution, "create_pipeline", lambda _: tiny_pipeline(tmp_path, 8))
    return load_config(overrides=["pipeline.name=tiny"], output=str(tmp_path))


def run(
    config: PipelineConfig, node: str, run_id: str = "r1", console: io.StringIO | None = None
) -> NodeOfRun:
    with StopRequest() as stop:
        return execute_node(config, node, run_id, console or io.StringIO(), stop)


def ran(config: PipelineConfig) -> list[str]:
    return (config.output / "ran").read_text().split()


def test_nodes_run_one_by_one_are_one_run_and_its_last_sums_it_up(config: PipelineConfig) -> None:
    outcomes = [run(config, node) for node in NODES]
    assert [outcome.node.state for outcome in outcomes] == ["executed"] * 3
    assert [outcome.run is None for outcome in outcomes] == [True, True, False]
    summary = json.loads((config.output / "summary.json").read_text())
    assert summary["run_id"] == "r1"
    assert [(node["id"], node["state"], node["why"]) for node in summary["nodes"]] == [
        (node, "executed", "first run") for node in NODES
    ]
    # What TFX does not keep has come through the metadata store from the other two executions.
    for node, outcome in zip(summary["nodes"], outcomes, strict=True):
        assert node["seconds"] == pytest.approx(outcome.node.seconds, abs=1e-3)
        assert node["cpu_seconds"] == pytest.approx(outcome.node.cpu_seconds, abs=1e-3)
        assert node["peak_rss_mb"] == outcome.node.peak_rss_mb > 100
    assert 0 < sum(node["seconds"] for node in summary["nodes"]) <= summary["seconds"] + 0.01


def test_the_log_of_the_last_node_names_the_report_of_the_run(config: PipelineConfig) -> None:
    consoles = {node: io.StringIO() for node in NODES}
    for node, console in consoles.items():
        run(config, node, console=console)
    page = run_folder(config.output, "r1") / "index.html"
    assert page.is_file()
    assert f"report: {page}\n" in consoles["Report"].getvalue()
    assert "report:" not in consoles["Write"].getvalue()
    assert json.loads((page.parent / "run.json").read_text())["graph"] == {
        "Write": [],
        "Halve": ["Write"],
        "Report": ["Halve"],
    }


def test_a_second_run_is_answered_from_the_cache_of_the_first(config: PipelineConfig) -> None:
    for run_id in ("r1", "r2"):
        outcomes = [run(config, node, run_id) for node in NODES]
    assert [outcome.node.state for outcome in outcomes] == ["cached"] * 3
    assert [node.state for node in outcomes[-1].run.nodes] == ["cached"] * 3
    assert ran(config) == list(NODES)


def test_a_node_that_has_finished_is_not_run_again(config: PipelineConfig) -> None:
    first = run(config, "Write").node
    again = run(config, "Write").node
    assert ran(config) == ["Write"]
    assert (again.state, again.why, again.peak_rss_mb) == (
        "executed",
        "first run",
        first.peak_rss_mb,
    )


def test_a_failure_ends_the_run_until_the_node_is_tried_again(config: PipelineConfig) -> None:
    (written,) = run(config, "Write").node.outputs["written"]
    aside = Path(written.uri).rename(config.output / "aside")
    failed = run(config, "Halve")
    assert failed.node.state == "failed"
    assert (failed.run.status, failed.run.failures) == (
        "failed",
        [f"Halve: {failed.node.why}"],
    )
    assert [node.state for node in failed.run.nodes] == ["executed", "failed", "skipped"]
    with pytest.raises(RunFailure, match="Report comes after Halve, which run r1 has not finished"):
        run(config, "Report")

    aside.rename(written.uri)
    assert run(config, "Halve").node.state == "executed"
    summary = run(config, "Report").run
    assert [node.state for node in summary.nodes] == ["executed"] * 3
    assert ran(config) == list(NODES)


def test_a_node_needs_those_before_it_in_its_own_run(config: PipelineConfig) -> None:
    run(config, "Write", "r1")
    with pytest.raises(RunFailure, match="Halve comes after Write, which run r2 has not finished"):
        run(config, "Halve", "r2")


def test_an_unknown_node_is_named_with_those_there_are(config: PipelineConfig) -> None:
    with pytest.raises(UsageError, match=r"no node `Trainer` .* among Write, Halve, Report"):
        run(config, "Trainer")


def test_two_nodes_do_not_work_in_one_folder_at_once(config: PipelineConfig) -> None:
    with exclusive_run(config), pytest.raises(RunFailure, match="is working in"):
        run(config, "Write")


def test_the_graph_is_read_off_the_compiled_pipeline(tmp_path: Path) -> None:
    assert graph_of(compile_run(tiny_pipeline(tmp_path, 8), "r1")) == [
        {"id": "Write", "upstream": []},
        {"id": "Halve", "upstream": ["Write"]},
        {"id": "Report", "upstream": ["Halve"]},
    ]


def test_an_interrupted_node_starts_afresh_whatever_a_library_makes_of_the_interrupt(
    config: PipelineConfig,
) -> None:
    run(config, "Write")
    (config.output / "wrap").touch()
    with pytest.raises(KeyboardInterrupt):
        run(config, "Halve")
    (config.output / "wrap").unlink()
    assert not (config.output / "summary.json").exists()
    assert run(config, "Halve").node.state == "executed"

"""One run of the pipeline from its configuration to its summary.

Imports TFX, which takes some twenty seconds: only to be imported when a run is really wanted.
"""

import logging
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, TextIO

from tfx import types

from movielens.datasets.default_data import write_default_data
from movielens.errors import IngestError
from movielens.reading.source import open_source
from pipeline import terminal
from pipeline.config import PipelineConfig
from pipeline.create import create_pipeline
from pipeline.errors import RunFailure
from pipeline.nodes.findings import describe_findings, pushed_version
from pipeline.run.json_log import JsonFormatter
from pipeline.run.judgement import dataset_counts, judge
from pipeline.run.launch import NodeResult
from pipeline.run.local import LocalRunner
from pipeline.run.record import NodeSummary, RunStatus, RunSummary
from pipeline.run.stop_request import StopRequest
from pipeline.store.connection import open_store
from pipeline.store.leftovers import (
    claim,
    discard_unfinished,
    forget_emptied,
    forget_lost_pushes,
    forget_refusals,
    set_aside_orphans,
)
from pipeline.store.relocation import follow_move

_LOG_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def execute(
    config: PipelineConfig, run_id: str, console: TextIO, started: float, stop: StopRequest
) -> RunSummary:
    """Runs the pipeline and sums up what it did.

    The caller holds the lock on the output folder and has sent the process's output to a log.

    Args:
        config: what to run.
        run_id: a name that no earlier run has.
        console: where progress is shown.
        started: `time.monotonic()` at the start of the command.
        stop: says whether the run was asked to stop.

    Returns:
        The summary; a failed or interrupted run has one too.

    Raises:
        KeyboardInterrupt: the run was asked to stop before its first node.
        RunFailure: the data cannot be read as MovieLens data; nothing has been run.
    """
    start_logging(config, run_id)
    prepare_data(config)
    tidy_up(config, console, begins_run=True)
    record = RunRecord(console)
    interrupted = False
    try:
        LocalRunner(config.output, record, stop).run(create_pipeline(config), run_id)
        stop.finish()
    except KeyboardInterrupt:
        if not record.running_node:
            raise
        record.interrupted()
        interrupted = True
    return summarise(
        config, run_id, record, interrupted=interrupted, seconds=time.monotonic() - started
    )


def start_logging(config: PipelineConfig, run_id: str) -> None:
    """Sends what Python logs to the run's log, or as JSON to `logs/run-….jsonl`.

    What C++ libraries write stays text, which is why JSON has a file of its own. Not for a process
    whose log is its scheduler's: the handlers that are there, such as those that TFX's libraries
    put up as they are imported, are taken down.
    """
    if config.pipeline.log_format == "text":
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=_LOG_FORMAT, force=True)
        return
    log = config.output / "logs" / f"run-{run_id}.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(log, encoding="utf-8")
    handler.setFormatter(JsonFormatter(pipeline=config.pipeline.name, run_id=run_id))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def prepare_data(config: PipelineConfig) -> None:
    """Writes the default data where they are wanted, and looks at the folder that will be read.

    Args:
        config: says which data.

    Raises:
        RunFailure: the folder is in no published layout, or a file of it is missing, empty or cut.
    """
    if config.data.input_base is None:
        write_default_data(config.default_data)
    if "{" in config.input_base.as_posix():
        return  # which span is the latest is for the ExampleGen to find
    try:
        open_source(str(config.input_base), config.data.reading)
    except IngestError as error:
        raise RunFailure(str(error)) from error


def tidy_up(config: PipelineConfig, console: TextIO, *, begins_run: bool) -> None:
    """Makes sure that nothing that an earlier run left half-done is taken for finished.

    Args:
        config: what is to be run.
        console: where it is told.
        begins_run: whether all refusals that are known are those of earlier runs.
    """
    store, name = open_store(config), config.pipeline.name
    if config.metadata.backend != "sqlite":
        claim(store, name, config.output)
    earlier = follow_move(store, config)
    if earlier is not None:
        terminal.say(
            f"the output folder was in {earlier} before: going on with what was moved or copied",
            stream=console,
        )
    aside = set_aside_orphans(store, name, config.pipeline_root)
    if aside:
        terminal.say(
            "the metadata store knows nothing of the artifacts of earlier runs: they are set aside "
            f"in {aside}",
            stream=console,
        )
    unfinished = discard_unfinished(store, name, config.pipeline_root)
    forget_lost_pushes(store, name)
    forget_emptied(store, name)
    if begins_run:
        forget_refusals(store, name)
    if unfinished:
        terminal.say(
            "the last run did not end by itself: going on from the nodes that it finished",
            stream=console,
        )


class RunRecord:
    """Shows each node as it runs and keeps what came of it.

    Attributes:
        nodes: what the summary says of each node so far.
        outputs: artifacts by node and output key.
        running_node: the node that started last; empty before the first.
    """

    def __init__(self, console: TextIO | None) -> None:
        """Starts an empty record.

        Args:
            console: where nodes are shown; None to show nothing.
        """
        self.nodes: list[NodeSummary] = []
        self.outputs: dict[str, Mapping[str, list[types.Artifact]]] = {}
        self.running_node = ""
        self._console = console

    def running(self, node_id: str) -> AbstractContextManager[Any]:
        """Shows that a node runs for as long as the context lasts."""
        self.running_node = node_id
        return terminal.progress(node_id, stream=self._console)

    def finished(self, result: NodeResult) -> None:
        """Shows and keeps what came of a node."""
        found = (
            ""
            if result.state in ("failed", "skipped")
            else describe_findings(result.id, result.outputs)
        )
        self.outputs[result.id] = result.outputs
        self._keep(
            NodeSummary(
                id=result.id,
                state=result.state,
                seconds=result.seconds,
                why=result.why,
                peak_rss_mb=result.peak_rss_mb,
                found=found,
            )
        )

    def interrupted(self) -> None:
        """Notes that the run was stopped at the node that was running."""
        self.nodes = [node for node in self.nodes if node.id != self.running_node]
        self._keep(
            NodeSummary(
                id=self.running_node,
                state="failed",
                seconds=0.0,
                why="interrupted; run the same command again to go on from here",
            )
        )

    def _keep(self, node: NodeSummary) -> None:
        self.nodes.append(node)
        if self._console is None:
            return
        told = f"{node.found} ({node.why})" if node.found else node.why
        seconds = f"{node.seconds:6.1f} s"
        terminal.say(f"{node.id:<20} {node.state:<8} {seconds}  {told}", stream=self._console)


def summarise(
    config: PipelineConfig, run_id: str, record: RunRecord, *, interrupted: bool, seconds: float
) -> RunSummary:
    """Puts together what a run did from what its nodes left.

    Args:
        config: what was run.
        run_id: the run's name.
        record: its nodes and their artifacts.
        interrupted: whether it was stopped by hand.
        seconds: wall time of the whole run.
    """
    failures = [f"{node.id}: {node.why}" for node in record.nodes if node.state == "failed"]
    status: RunStatus = "interrupted" if interrupted else "failed" if failures else "succeeded"
    judgement = judge(record.outputs)
    if status == "succeeded" and not judgement["blessed"]:
        status, failures = "not_blessed", judgement["failures"]
    pushed = record.outputs.get("Pusher")
    return RunSummary(
        run_id=run_id,
        status=status,
        model=config.trainer.model,
        objective=config.trainer.objective,
        split=config.ingest.split,
        seconds=seconds,
        nodes=record.nodes,
        dataset=dataset_counts(record.outputs.get("MovieLensExampleGen", {})),
        pushed_version=pushed_version(pushed) if pushed else None,
        **{**judgement, "failures": failures},
    )

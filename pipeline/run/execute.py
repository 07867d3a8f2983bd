"""One run of the pipeline, from its configuration to its record.

Importing this takes some twenty seconds, because it imports TFX.
"""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from tfx.orchestration.pipeline import Pipeline

from movielens.datasets.default_data import write_default_data
from movielens.errors import IngestError
from movielens.reading.source import open_source
from pipeline import terminal
from pipeline.config import PipelineConfig
from pipeline.create import create_pipeline
from pipeline.errors import RunFailure
from pipeline.nodes.comparing import DRIFT_VALIDATOR, SKEW_VALIDATOR, distances
from pipeline.nodes.data import INGEST, dataset_counts
from pipeline.nodes.judging import PUSHER, judge, pushed_version
from pipeline.run.launch import compile_run, launch_node
from pipeline.run.logs import log_path, start_logging
from pipeline.run.record import Node, Run, RunStatus
from pipeline.run.stop_request import StopRequest
from pipeline.store.connection import open_store
from pipeline.store.leftovers import (
    claim,
    discard_unfinished,
    forget_stale,
    set_aside_orphans,
)
from pipeline.store.relocation import follow_move


def execute(
    config: PipelineConfig, run_id: str, console: TextIO, started: float, stop: StopRequest
) -> Run:
    """Runs the pipeline and returns the record of the run, even if it failed or was interrupted.

    The caller holds the lock on the output folder and has sent the process's output to a log.
    `started` is the value of `time.monotonic()` at the start of the command.

    Raises:
        KeyboardInterrupt: The run was asked to stop before its first node.
        RunFailure: The data cannot be read as MovieLens data; no node has run.
    """
    start_logging(config, run_id)
    prepare_data(config)
    tidy_up(config, console, begins_run=True)
    progress = RunProgress(console)
    is_interrupted = False
    pipeline = create_pipeline(config)
    try:
        run_nodes(pipeline, run_id, config.output, progress, stop)
        stop.finish()
    except KeyboardInterrupt:
        if not progress.running_node:
            raise
        progress.interrupted()
        is_interrupted = True
    seconds = time.monotonic() - started
    log = log_path(config, run_id)
    record = sum_up(config, run_id, log, progress.nodes, seconds, is_interrupted=is_interrupted)
    return replace(record, graph=upstream_nodes(pipeline))


@dataclass
class RunProgress:
    """Shows each node as it runs and keeps its record; `running_node` started last."""

    console: TextIO
    nodes: list[Node] = field(default_factory=list)
    running_node: str = ""

    def running(self, node_id: str) -> AbstractContextManager[object]:
        """Shows that a node runs while the block runs."""
        self.running_node = node_id
        return terminal.progress(node_id, stream=self.console)

    def finished(self, node: Node) -> None:
        """Shows and keeps the record of a node."""
        self.nodes.append(node)
        terminal.say(node.line(), stream=self.console)

    def interrupted(self) -> None:
        """Records that the run was stopped at the node that was running."""
        self.nodes = [node for node in self.nodes if node.id != self.running_node]
        why = "interrupted; run the same command again to go on from here"
        self.finished(Node(id=self.running_node, state="failed", why=why))


def run_nodes(
    pipeline: Pipeline, run_id: str, output: Path, progress: RunProgress, stop: StopRequest
) -> None:
    """Runs the nodes one after the other; after a failure all later nodes are skipped.

    TFX's `LocalDagRunner` launches nodes in the same way, but stops with a traceback and does not
    say how long a node took, whether it came from the cache, and why.

    Raises:
        KeyboardInterrupt: The run was asked to stop. The next run tidies up a node that stays open
            in the metadata store.
    """
    compiled = compile_run(pipeline, run_id)
    failed = ""
    for each in compiled.nodes:
        node_id = each.pipeline_node.node_info.id
        if failed:
            progress.finished(Node(id=node_id, state="skipped", why=f"{failed} failed"))
            continue
        with progress.running(node_id):
            connection = pipeline.metadata_connection_config
            node = launch_node(compiled, each.pipeline_node, connection, output, stop)
        progress.finished(node)
        failed = node_id if node.state == "failed" else ""


def upstream_nodes(pipeline: Pipeline) -> dict[str, list[str]]:
    """The ids of the nodes that each node waits for."""
    return {
        node.id: sorted(upstream.id for upstream in node.upstream_nodes)
        for node in pipeline.components
    }


def prepare_data(config: PipelineConfig) -> None:
    """Writes the default data if they are wanted, and checks the folder to read.

    Raises:
        RunFailure: The folder is in no published layout, or a file of it is missing, empty or cut.
    """
    if config.data.input_base is None:
        write_default_data(config.default_data)
    if "{" in config.input_base.as_posix():
        return  # the ExampleGen finds the latest span
    try:
        open_source(str(config.input_base), config.data.reading)
    except IngestError as error:
        raise RunFailure(str(error)) from error


def tidy_up(config: PipelineConfig, console: TextIO, *, begins_run: bool) -> None:
    """Makes sure that nothing an earlier run left half-done passes for finished.

    If this begins a run, all recorded refusals are those of earlier runs and are forgotten.
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
    forget_stale(store, name, with_refusals=begins_run)
    if unfinished:
        terminal.say(
            "the last run did not end by itself: going on from the nodes that it finished",
            stream=console,
        )


def sum_up(
    config: PipelineConfig,
    run_id: str,
    log: Path,
    nodes: Sequence[Node],
    seconds: float,
    *,
    is_interrupted: bool = False,
) -> Run:
    """Makes the record of a run from its nodes and their artifacts."""
    outputs = {node.id: node.outputs for node in nodes}
    judgement = judge(outputs)
    failures = [f"{node.id}: {node.why}" for node in nodes if node.state == "failed"]
    status: RunStatus = "interrupted" if is_interrupted else "failed" if failures else "succeeded"
    if status == "succeeded" and not judgement.blessed:
        status, failures = "not_blessed", list(judgement.failures)
    return Run(
        config=config,
        run_id=run_id,
        status=status,
        seconds=seconds,
        log=log,
        nodes=nodes,
        **judgement._replace(failures=failures)._asdict(),
        pushed_version=pushed_version(outputs.get(PUSHER, {})),
        dataset=dataset_counts(outputs.get(INGEST, {})),
        drift=distances(outputs.get(DRIFT_VALIDATOR, {})),
        skew=distances(outputs.get(SKEW_VALIDATOR, {})),
    )

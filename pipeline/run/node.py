"""One node of a run, in a process of its own, as schedulers ask for it.

The metadata store is all that the processes of a run share. Whoever ends the run, by its last node
or by a failure, writes its summary. Imports TFX, as `pipeline.run.execute` does.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tfx.orchestration import metadata
from tfx.proto.orchestration import pipeline_pb2

from pipeline.config import PipelineConfig
from pipeline.create import INGEST_NODE, create_pipeline
from pipeline.errors import RunFailure, UsageError
from pipeline.run.execute import RunRecord, prepare_data, summarise, tidy_up
from pipeline.run.launch import NodeResult, compile_run, launch_node
from pipeline.run.lock import exclusive_run
from pipeline.run.outcome import outcome_of
from pipeline.run.record import RunSummary, write_summary
from pipeline.run.stop_request import StopRequest
from pipeline.run.stored_run import note_result, read_results, started_at
from pipeline.run.unattended import keep_in_metadata, report


@dataclass(frozen=True, kw_only=True)
class NodeOutcome:
    """What came of a node, and of the run where the node has ended it.

    Attributes:
        result: of the node.
        summary: of the run; None while nodes are yet to run.
    """

    result: NodeResult
    summary: RunSummary | None


def execute_node(
    config: PipelineConfig, node_id: str, run_id: str, console: TextIO, stop: StopRequest
) -> NodeOutcome:
    """Runs one node of a run, and sums up the run if that has ended it.

    A node that has finished in this run is not run again. One that failed or was killed starts from
    the beginning, without what it left.

    Args:
        config: what to run; the same for all nodes of a run.
        node_id: the node.
        run_id: the run, made by its first node.
        console: where progress is shown.
        stop: says whether the node was asked to stop.

    Returns:
        The outcome; the summary has been written to the output folder. A node's failure is an
        outcome.

    Raises:
        UsageError: the pipeline has no such node.
        RunFailure: another node or run is working in the output folder, a node before this one has
            not finished, or the data cannot be read as MovieLens data.
        KeyboardInterrupt: the node was asked to stop; the next attempt starts it afresh.
    """
    with exclusive_run(config):
        if node_id == INGEST_NODE:
            prepare_data(config)
        tidy_up(config, console, begins_run=node_id == INGEST_NODE)
        pipeline = create_pipeline(config)
        compiled = compile_run(pipeline, run_id)
        node = find_node(compiled, node_id)
        connection = pipeline.metadata_connection_config
        with metadata.Metadata(connection) as handle:
            known = read_results(handle, compiled, run_id)
        _check_upstream(node, known, run_id)
        record = RunRecord(console)
        result = known.get(node_id)
        if result is None or result.state == "failed":
            with record.running(node_id):
                result = launch_node(compiled, node, connection, config.output, stop)
        stop.finish()
        record.finished(result)
        known[node_id] = result
        # Opened anew: a server may close what was idle for as long as a node can take.
        with metadata.Metadata(connection) as handle:
            note_result(handle, node, run_id, result)
            summary = _sum_up_ended_run(config, compiled, run_id, known, handle)
        if summary is not None:
            write_summary(summary, config.output)
            outcome = outcome_of(summary, config, node_log(config, run_id, node_id))
            keep_in_metadata(outcome, config)
            report(outcome, _without_alert_of_failure(config))
    return NodeOutcome(result=result, summary=summary)


def node_log(config: PipelineConfig, run_id: str, node_id: str) -> Path:
    """Returns where a node of a run logs to."""
    return config.output / "logs" / f"run-{run_id}-{node_id}.log"


def _without_alert_of_failure(config: PipelineConfig) -> PipelineConfig:
    """Leaves that to the scheduler, which knows whether the node is tried again."""
    on = tuple(each for each in config.alerts.on if each != "failed")
    return config.replace(alerts=config.alerts.replace(on=on))


def find_node(compiled: pipeline_pb2.Pipeline, node_id: str) -> pipeline_pb2.PipelineNode:
    """Returns a node of a compiled pipeline.

    Raises:
        UsageError: there is no such node.
    """
    nodes = {each.pipeline_node.node_info.id: each.pipeline_node for each in compiled.nodes}
    if node_id not in nodes:
        raise UsageError(f"no node `{node_id}` in the pipeline among {', '.join(nodes)}")
    return nodes[node_id]


def _check_upstream(
    node: pipeline_pb2.PipelineNode, known: dict[str, NodeResult], run_id: str
) -> None:
    waiting = [
        upstream
        for upstream in node.upstream_nodes
        if upstream not in known or known[upstream].state == "failed"
    ]
    if waiting:
        raise RunFailure(
            f"{node.node_info.id} comes after {', '.join(waiting)}, which run {run_id} has not "
            "finished; run these first"
        )


def _sum_up_ended_run(
    config: PipelineConfig,
    compiled: pipeline_pb2.Pipeline,
    run_id: str,
    known: dict[str, NodeResult],
    handle: metadata.Metadata,
) -> RunSummary | None:
    order = [each.pipeline_node.node_info.id for each in compiled.nodes]
    failed = next((each for each in order if each in known and known[each].state == "failed"), None)
    if failed is None and len(known) < len(order):
        return None
    record = RunRecord(None)
    for node_id in order:
        skipped = NodeResult(id=node_id, state="skipped", why=f"{failed} failed")
        record.finished(known.get(node_id, skipped))
    started = started_at(handle, run_id) or time.time()
    # The first node's execution is recorded a moment after the node has started.
    seconds = max(time.time() - started, sum(node.seconds for node in record.nodes))
    return summarise(config, run_id, record, interrupted=False, seconds=seconds)

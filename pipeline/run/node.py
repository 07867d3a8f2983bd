"""One node of a run, in a process of its own, as schedulers ask for it.

The processes of a run share only the metadata store. The node that ends the run, because it is the
last one or because it fails, writes the run's record. Imports TFX, as `pipeline.run.execute` does.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple, TextIO

from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata
from tfx.proto.orchestration import pipeline_pb2

from pipeline import terminal
from pipeline.config import PipelineConfig
from pipeline.create import create_pipeline
from pipeline.errors import RunFailure, UsageError
from pipeline.nodes import found_by
from pipeline.nodes.data import INGEST
from pipeline.run.execute import RunProgress, prepare_data, sum_up, tidy_up, upstream_nodes
from pipeline.run.launch import ENDED_STATES, compile_run, launch_node
from pipeline.run.lock import exclusive_run
from pipeline.run.logs import log_path
from pipeline.run.outcome import keep_in_metadata, report, write_pages
from pipeline.run.reasons import context_name, outputs_of
from pipeline.run.record import Node, Run, write_summary
from pipeline.run.stop_request import StopRequest
from pipeline.store.ledger import RUN_CONTEXT

# The property of an execution that holds the node's record. `explain` skips names with `__`.
_RECORD: Final = "__node__"


class NodeOfRun(NamedTuple):
    """The record of a node, and that of the run if the node ended it."""

    node: Node
    run: Run | None


def execute_node(
    config: PipelineConfig, node_id: str, run_id: str, console: TextIO, stop: StopRequest
) -> NodeOfRun:
    """Runs one node of a run, and writes the run's summary if that ended it.

    A node that has finished in this run does not run again. One that failed or was killed starts
    from the beginning, without what it left. The configuration is the same for all nodes of a run.

    Raises:
        UsageError: The pipeline has no such node.
        RunFailure: Another node or run is working in the output folder, a node before this one has
            not finished, or the data cannot be read as MovieLens data.
        KeyboardInterrupt: The node was asked to stop; the next attempt starts it afresh.
    """
    with exclusive_run(config):
        if node_id == INGEST:
            prepare_data(config)
        tidy_up(config, console, begins_run=node_id == INGEST)
        pipeline = create_pipeline(config)
        compiled = compile_run(pipeline, run_id)
        pipeline_node = _find_node(compiled, node_id)
        connection = pipeline.metadata_connection_config
        with metadata.Metadata(connection) as handle:
            nodes = _read_nodes(handle, compiled, run_id)
        _check_upstream(pipeline_node, nodes, run_id)
        progress = RunProgress(console)
        node = nodes.get(node_id)
        if node is None or node.state == "failed":
            with progress.running(node_id):
                node = launch_node(compiled, pipeline_node, connection, config.output, stop)
        stop.finish()
        progress.finished(node)
        nodes[node_id] = node
        # Opened again, because a server may close a connection that was idle while the node ran.
        with metadata.Metadata(connection) as handle:
            started = _keep_node(handle.store, pipeline_node, run_id, node)
        run = _ended_run(config, compiled, node_id, run_id, nodes, started)
        if run is not None:
            run = replace(run, graph=upstream_nodes(pipeline))
            write_summary(run)
            page = write_pages(run)
            if page is not None:
                terminal.say(f"report: {page}", stream=console)
            keep_in_metadata(run, config)
            report(run, _without_alert_of_failure(config))
    return NodeOfRun(node, run)


def _without_alert_of_failure(config: PipelineConfig) -> PipelineConfig:
    """Leaves that alert to the scheduler, which knows whether it will try the node again."""
    on = tuple(each for each in config.alerts.on if each != "failed")
    return config.replace(alerts=config.alerts.replace(on=on))


def _find_node(compiled: pipeline_pb2.Pipeline, node_id: str) -> pipeline_pb2.PipelineNode:
    nodes = {each.pipeline_node.node_info.id: each.pipeline_node for each in compiled.nodes}
    if node_id not in nodes:
        raise UsageError(f"no node `{node_id}` in the pipeline among {', '.join(nodes)}")
    return nodes[node_id]


def _check_upstream(
    node: pipeline_pb2.PipelineNode, nodes: Mapping[str, Node], run_id: str
) -> None:
    waiting = [
        upstream
        for upstream in node.upstream_nodes
        if upstream not in nodes or nodes[upstream].state == "failed"
    ]
    if waiting:
        raise RunFailure(
            f"{node.node_info.id} comes after {', '.join(waiting)}, which run {run_id} has not "
            "finished; run these first"
        )


def _ended_run(
    config: PipelineConfig,
    compiled: pipeline_pb2.Pipeline,
    node_id: str,
    run_id: str,
    nodes: Mapping[str, Node],
    started: float,
) -> Run | None:
    """Returns the record of the run if `node_id` ended it; `started` is in seconds since 1970."""
    order = [each.pipeline_node.node_info.id for each in compiled.nodes]
    failed = next((each for each in order if each in nodes and nodes[each].state == "failed"), None)
    if failed is None and len(nodes) < len(order):
        return None
    records = [
        nodes.get(each, Node(id=each, state="skipped", why=f"{failed} failed")) for each in order
    ]
    # The first node's execution is recorded a moment after the node has started.
    seconds = max(time.time() - started, sum(node.seconds for node in records))
    return sum_up(config, run_id, log_path(config, run_id, node_id), records, seconds)


def _read_nodes(
    handle: metadata.Metadata, compiled: pipeline_pb2.Pipeline, run_id: str
) -> dict[str, Node]:
    """Reads what the nodes of a run that have ended did, by id and in the pipeline's order."""
    executions = _last_executions(handle.store, run_id)
    nodes = {}
    for each in compiled.nodes:
        execution = executions.get(context_name(each.pipeline_node))
        if execution is not None and execution.last_known_state in ENDED_STATES:
            node_id = each.pipeline_node.node_info.id
            nodes[node_id] = _read_node(handle, node_id, execution)
    return nodes


def _keep_node(
    store: MetadataStore, node: pipeline_pb2.PipelineNode, run_id: str, record: Node
) -> float:
    """Keeps a node's record on its last execution, if it did not fail before it had one.

    Returns:
        When the first node of the run started, in seconds since 1970.
    """
    executions = _last_executions(store, run_id)
    execution = executions.get(context_name(node))
    if execution is not None:
        execution.custom_properties[_RECORD].string_value = json.dumps(record.to_json_dict())
        store.put_executions([execution])
    times = [each.create_time_since_epoch / 1000 for each in executions.values()]
    return min(times, default=time.time())


def _last_executions(store: MetadataStore, run_id: str) -> dict[str, metadata_store_pb2.Execution]:
    """Returns the newest execution of the run by the name of its node's context."""
    run = store.get_context_by_type_and_name(RUN_CONTEXT, run_id)
    executions = store.get_executions_by_context(run.id) if run is not None else []
    return {
        context.name: execution
        for execution in sorted(executions, key=lambda each: each.id)
        for context in store.get_contexts_by_execution(execution.id)
        if context.type == "node"
    }


def _read_node(
    handle: metadata.Metadata, node_id: str, execution: metadata_store_pb2.Execution
) -> Node:
    state = ENDED_STATES[execution.last_known_state]
    outputs = {} if state == "failed" else outputs_of(handle, execution.id)
    if _RECORD in execution.custom_properties:
        record = json.loads(execution.custom_properties[_RECORD].string_value)
        return Node(**record, outputs=outputs)
    milliseconds = execution.last_update_time_since_epoch - execution.create_time_since_epoch
    return Node(
        id=node_id,
        state=state,
        why="the log of the node says why",
        found="" if state == "failed" else found_by(node_id, outputs),
        seconds=milliseconds / 1000,
        outputs=outputs,
    )

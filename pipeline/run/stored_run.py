"""What the metadata store knows of one run whose nodes run in processes of their own."""

from collections.abc import Mapping
from typing import Any, Final

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata
from tfx.proto.orchestration import pipeline_pb2

from pipeline.run.launch import NodeResult, NodeState
from pipeline.run.reasons import outputs_of
from pipeline.store.records import RUN_CONTEXT

_Execution = metadata_store_pb2.Execution
_STATES: Final[Mapping[int, NodeState]] = {
    _Execution.COMPLETE: "executed",
    _Execution.CACHED: "cached",
    _Execution.FAILED: "failed",
}
# What TFX does not keep of an execution. Names that start with `__` are not taken for options.
_WHY: Final = "__why__"
_SECONDS: Final = "__seconds__"
_PEAK_RSS_MB: Final = "__peak_rss_mb__"


def read_results(
    handle: metadata.Metadata, compiled: pipeline_pb2.Pipeline, run_id: str
) -> dict[str, NodeResult]:
    """Reads what came of the nodes of a run so far.

    Args:
        handle: the open metadata store.
        compiled: the pipeline, from `compile_run`.
        run_id: the run.

    Returns:
        One result by node id, in the order of the pipeline; nodes that have not ended are left out.
    """
    executions = _last_executions(handle.store, run_id)
    results = {}
    for each in compiled.nodes:
        execution = executions.get(_context_name(each.pipeline_node, "node"))
        if execution is not None and execution.last_known_state in _STATES:
            node_id = each.pipeline_node.node_info.id
            results[node_id] = _result(handle, node_id, execution)
    return results


def note_result(
    handle: metadata.Metadata, node: pipeline_pb2.PipelineNode, run_id: str, result: NodeResult
) -> None:
    """Keeps what TFX does not: reason, wall time and memory of the last execution of a node.

    Args:
        handle: the open metadata store.
        node: the node in the compiled pipeline.
        run_id: the run.
        result: what came of the node; kept nowhere if it failed before it had an execution.
    """
    execution = _last_executions(handle.store, run_id).get(_context_name(node, "node"))
    if execution is None:
        return
    execution.custom_properties[_WHY].string_value = result.why
    execution.custom_properties[_SECONDS].double_value = result.seconds
    execution.custom_properties[_PEAK_RSS_MB].int_value = result.peak_rss_mb
    handle.store.put_executions([execution])


def started_at(handle: metadata.Metadata, run_id: str) -> float | None:
    """Returns when the first node of a run started, in seconds since 1970; None before that."""
    executions = _last_executions(handle.store, run_id).values()
    times = [execution.create_time_since_epoch for execution in executions]
    return min(times) / 1000 if times else None


def _last_executions(store: Any, run_id: str) -> dict[str, metadata_store_pb2.Execution]:
    """The newest execution of the run by the name of its node's context."""
    run = store.get_context_by_type_and_name(RUN_CONTEXT, run_id)
    executions = store.get_executions_by_context(run.id) if run is not None else []
    return {
        context.name: execution
        for execution in sorted(executions, key=lambda each: each.id)
        for context in store.get_contexts_by_execution(execution.id)
        if context.type == "node"
    }


def _context_name(node: pipeline_pb2.PipelineNode, context_type: str) -> str:
    context = next(c for c in node.contexts.contexts if c.type.name == context_type)
    return str(context.name.field_value.string_value)


def _result(
    handle: metadata.Metadata, node_id: str, execution: metadata_store_pb2.Execution
) -> NodeResult:
    kept = execution.custom_properties
    state = _STATES[execution.last_known_state]
    return NodeResult(
        id=node_id,
        state=state,
        why=kept[_WHY].string_value if _WHY in kept else "the log of the node says why",
        seconds=kept[_SECONDS].double_value if _SECONDS in kept else _seconds(execution),
        peak_rss_mb=kept[_PEAK_RSS_MB].int_value if _PEAK_RSS_MB in kept else 0,
        outputs={} if state == "failed" else outputs_of(handle, execution.id),
    )


def _seconds(execution: metadata_store_pb2.Execution) -> float:
    milliseconds = execution.last_update_time_since_epoch - execution.create_time_since_epoch
    return float(milliseconds) / 1000

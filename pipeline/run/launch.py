"""Runs one node of a compiled pipeline in this process, whichever scheduler asks for it."""

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from ml_metadata.proto import metadata_store_pb2
from tfx import types
from tfx.dsl.compiler import compiler, constants
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.pipeline import Pipeline
from tfx.orchestration.portable import launcher, runtime_parameter_utils
from tfx.proto.orchestration import pipeline_pb2

from components.atomic_pusher.executor import BEFORE_PUSH
from pipeline.run.cache_keys import cached_as_in
from pipeline.run.failures import describe_failure
from pipeline.run.memory import PeakMemory
from pipeline.run.reasons import explain, outputs_of
from pipeline.run.stop_request import StopRequest
from pipeline.store.relocation import home_of

_EXECUTION_RESULT: Final = "__execution_result__"  # TFX's name of it
NodeState = Literal["executed", "cached", "failed", "skipped"]
_FINISHED_STATES: Mapping[int, NodeState] = {
    metadata_store_pb2.Execution.COMPLETE: "executed",
    metadata_store_pb2.Execution.CACHED: "cached",
}


@dataclass(frozen=True, kw_only=True)
class NodeResult:
    """What came of one node.

    Attributes:
        id: the node.
        state: `executed`, `cached`, `failed`, or `skipped` since a node before it failed.
        why: in words, why it ran, did not have to, failed or was skipped.
        seconds: wall time.
        peak_rss_mb: most memory of the process and its children while it ran, in 10^6 bytes.
        outputs: its artifacts by output key.
    """

    id: str
    state: NodeState
    why: str
    seconds: float = 0.0
    peak_rss_mb: int = 0
    outputs: Mapping[str, list[types.Artifact]] = field(default_factory=dict)


def compile_run(pipeline: Pipeline, run_id: str) -> pipeline_pb2.Pipeline:
    """Compiles a pipeline to the intermediate representation of one run of it.

    Args:
        pipeline: the pipeline.
        run_id: names the run in the metadata store.
    """
    compiled = compiler.Compiler().compile(pipeline)
    runtime_parameter_utils.substitute_runtime_parameter(
        compiled, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id}
    )
    return compiled


def launch_node(
    compiled: pipeline_pb2.Pipeline,
    node: pipeline_pb2.PipelineNode,
    connection: Any,
    output: Path,
    stop: StopRequest,
) -> NodeResult:
    """Runs a node; its failure is a result too.

    Args:
        compiled: the run that the node is of, from `compile_run`.
        node: the node.
        connection: the connection config of the metadata store.
        output: the folder that the run writes to, named when its disk is full.
        stop: says whether the run was asked to stop; then no node starts and nothing is pushed.

    Raises:
        KeyboardInterrupt: the run was asked to stop; the node may stay open in the metadata store.
    """
    stop.check()
    with metadata.Metadata(connection) as handle:
        home = home_of(handle.store, compiled.pipeline_info.id) or output
    before_push = BEFORE_PUSH.set(stop.check)
    deployment = runner_utils.extract_local_deployment_config(compiled)
    node_id = node.node_info.id
    started = time.monotonic()
    with PeakMemory() as memory, cached_as_in(home, output):
        try:
            execution_info = launcher.Launcher(
                pipeline_node=node,
                mlmd_connection=metadata.Metadata(connection),
                pipeline_info=compiled.pipeline_info,
                pipeline_runtime_spec=compiled.runtime_spec,
                executor_spec=runner_utils.extract_executor_spec(deployment, node_id),
                custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
            ).launch()
            state, why, outputs = _read_back(connection, node, execution_info.execution_id, output)
        except Exception as error:  # a node's failure is its result; the log has it in full
            stop.check()  # Beam, for one, wraps the interrupt
            logging.exception("Node %s failed.", node_id)
            state, why, outputs = "failed", describe_failure(error, output), {}
        finally:
            BEFORE_PUSH.reset(before_push)
    return NodeResult(
        id=node_id,
        state=state,
        why=why,
        seconds=time.monotonic() - started,
        peak_rss_mb=memory.megabytes,
        outputs=outputs,
    )


def _read_back(
    connection: Any, node: pipeline_pb2.PipelineNode, execution_id: int, output: Path
) -> tuple[NodeState, str, Mapping[str, list[types.Artifact]]]:
    """Asks the metadata store what became of an execution."""
    with metadata.Metadata(connection) as handle:
        (execution,) = handle.store.get_executions_by_id([execution_id])
        state = _FINISHED_STATES.get(execution.last_known_state)
        if state is None:
            # The launcher does not raise when inputs cannot be resolved; it only notes it.
            return "failed", f"its inputs could not be resolved: {_noted(execution, output)}", {}
        return state, explain(handle, node, execution), outputs_of(handle, execution_id)


def _noted(execution: metadata_store_pb2.Execution, output: Path) -> str:
    """Reads the cause off the traceback that the launcher has kept."""
    kept = execution.custom_properties.get(_EXECUTION_RESULT)
    noted = json.loads(kept.string_value).get("resultMessage") if kept is not None else None
    return describe_failure(RuntimeError(noted), output) if noted else "the log says which"

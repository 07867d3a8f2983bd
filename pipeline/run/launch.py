"""Runs one node of a compiled pipeline in this process, whichever scheduler asks for it."""

import copy
import json
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ml_metadata.proto import metadata_store_pb2
from tfx import types
from tfx.dsl.compiler import compiler, constants
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.pipeline import Pipeline
from tfx.orchestration.portable import cache_utils, launcher, runtime_parameter_utils
from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2

from components.atomic_pusher.executor import BEFORE_PUSH
from components.batched_reading import read_in_batches
from pipeline.nodes import found_by
from pipeline.run.beam_jobs import JobOperator
from pipeline.run.reasons import describe_failure, explain, keep_beam_args, outputs_of
from pipeline.run.record import Node, NodeState
from pipeline.run.stop_request import StopRequest
from pipeline.run.usage import Usage
from pipeline.store.relocation import home_of, renamer

_EXECUTION_RESULT: Final = "__execution_result__"  # TFX's name for it
ENDED_STATES: Final[dict[int, NodeState]] = {
    metadata_store_pb2.Execution.COMPLETE: "executed",
    metadata_store_pb2.Execution.CACHED: "cached",
    metadata_store_pb2.Execution.FAILED: "failed",
}


def compile_run(pipeline: Pipeline, run_id: str) -> pipeline_pb2.Pipeline:
    """Compiles a pipeline to the intermediate representation of one run of it."""
    compiled = compiler.Compiler().compile(pipeline)
    runtime_parameter_utils.substitute_runtime_parameter(
        compiled, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id}
    )
    return compiled


def launch_node(
    compiled: pipeline_pb2.Pipeline,
    node: pipeline_pb2.PipelineNode,
    connection: metadata_store_pb2.ConnectionConfig,
    output: Path,
    stop: StopRequest,
) -> Node:
    """Runs a node of `compiled`, the run that it belongs to; its failure is a result too.

    If a stop is requested, no node starts and nothing is pushed.

    Raises:
        KeyboardInterrupt: The run was asked to stop; the node may stay open in the metadata store.
    """
    stop.check()
    read_in_batches()
    with metadata.Metadata(connection) as handle:
        home = home_of(handle.store, compiled.pipeline_info.id) or output
    before_push = BEFORE_PUSH.set(stop.check)
    deployment = runner_utils.extract_local_deployment_config(compiled)
    node_id = node.node_info.id
    executor_spec = runner_utils.extract_executor_spec(deployment, node_id)
    with Usage() as usage, _cached_as_in(home, output):
        try:
            execution_info = launcher.Launcher(
                pipeline_node=node,
                mlmd_connection=metadata.Metadata(connection),
                pipeline_info=compiled.pipeline_info,
                pipeline_runtime_spec=compiled.runtime_spec,
                executor_spec=executor_spec,
                custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
                custom_executor_operators={executable_spec_pb2.BeamExecutableSpec: JobOperator},
            ).launch()
            beam_args = getattr(executor_spec, "beam_pipeline_args", ())
            result = _read_back(connection, node, execution_info.execution_id, beam_args, output)
        except Exception as error:  # a node's failure is its result; the log has the traceback
            stop.check()  # Beam, for one, wraps the interrupt
            logging.exception("Node %s failed.", node_id)
            result = Node(id=node_id, state="failed", why=describe_failure(error, output))
        finally:
            BEFORE_PUSH.reset(before_push)
    return replace(
        result,
        found="" if result.state == "failed" else found_by(node_id, result.outputs),
        seconds=usage.seconds,
        cpu_seconds=usage.cpu_seconds,
        peak_rss_mb=usage.peak_rss_mb,
    )


def _read_back(
    connection: metadata_store_pb2.ConnectionConfig,
    node: pipeline_pb2.PipelineNode,
    execution_id: int,
    beam_args: Iterable[str],
    output: Path,
) -> Node:
    """Asks the metadata store what became of an execution, and keeps its Beam arguments there."""
    node_id = node.node_info.id
    with metadata.Metadata(connection) as handle:
        keep_beam_args(handle.store, execution_id, beam_args)
        (execution,) = handle.store.get_executions_by_id([execution_id])
        state = ENDED_STATES.get(execution.last_known_state, "failed")
        if state == "failed":
            # If inputs cannot be resolved, the launcher does not raise: it records the traceback.
            kept = execution.custom_properties.get(_EXECUTION_RESULT)
            text = json.loads(kept.string_value).get("resultMessage") if kept is not None else None
            cause = describe_failure(RuntimeError(text), output) if text else "the log says which"
            why = f"its inputs could not be resolved: {cause}"
            return Node(id=node_id, state="failed", why=why)
        outputs = outputs_of(handle, execution_id)
        return Node(id=node_id, state=state, why=explain(handle, node, execution), outputs=outputs)


@contextmanager
def _cached_as_in(home: Path, output: Path) -> Iterator[None]:
    """Makes TFX look into its cache as if the output folder were still where it first was.

    TFX's key for a node's execution covers everything that goes into it, absolute paths included.
    """
    key_of, rename = cache_utils.get_cache_context, renamer(output, home)

    def key_as_in_home(*, input_artifacts: Any, parameters: Any, **more: Any) -> Any:
        return key_of(
            input_artifacts={
                key: [_renamed(each, rename) for each in artifacts]
                for key, artifacts in input_artifacts.items()
            },
            parameters={
                key: rename(value) if isinstance(value, str) else value
                for key, value in parameters.items()
            },
            **more,
        )

    cache_utils.get_cache_context = key_as_in_home
    try:
        yield
    finally:
        cache_utils.get_cache_context = key_of


def _renamed(artifact: types.Artifact, rename: Callable[[str], str]) -> types.Artifact:
    renamed = copy.deepcopy(artifact)
    proto = renamed.mlmd_artifact
    proto.uri = rename(proto.uri)
    for properties in (proto.properties, proto.custom_properties):
        for value in properties.values():
            if value.HasField("string_value"):
                value.string_value = rename(value.string_value)
    return renamed

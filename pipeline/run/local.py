"""Runs a pipeline in this process, node by node, and tells what came of each.

The stock `LocalDagRunner` runs all nodes or stops with a traceback. This one uses the same
launcher, on the same compiled pipeline and metadata, and adds what a person wants to know: which
node, how long, how much memory, from the cache or not and why, what was skipped after a failure.
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from tfx.orchestration.pipeline import Pipeline

from pipeline.run.launch import NodeResult, compile_run, launch_node
from pipeline.run.stop_request import StopRequest


class RunListener(Protocol):
    """What is told of each node as the run goes on."""

    def running(self, node_id: str) -> AbstractContextManager[Any]:
        """Returns a context that lasts as long as the node runs."""

    def finished(self, result: NodeResult) -> None:
        """Receives what came of a node."""


class LocalRunner:
    """Runs the nodes of a pipeline one after the other, in this process.

    Attributes:
        output: the folder that the run writes to, named when its disk is full.
        listener: is told of each node.
        stop: says whether the run was asked to stop.
    """

    def __init__(self, output: Path, listener: RunListener, stop: StopRequest) -> None:
        self.output = output
        self.listener = listener
        self.stop = stop

    def run(self, pipeline: Pipeline, run_id: str) -> list[NodeResult]:
        """Runs the pipeline to its end, or to its first failure.

        Args:
            pipeline: the pipeline; its metadata connection must be given.
            run_id: names the run in the metadata store; a new one for each run.

        Returns:
            One result a node, in the order of the run. After a failure all later nodes are
            `skipped`.

        Raises:
            KeyboardInterrupt: the run was asked to stop; a node that stays open in the metadata
                store is swept up by the next run.
        """
        compiled = compile_run(pipeline, run_id)
        results: list[NodeResult] = []
        failed = ""
        for each in compiled.nodes:
            node = each.pipeline_node
            node_id = node.node_info.id
            if failed:
                result = NodeResult(id=node_id, state="skipped", why=f"{failed} failed")
            else:
                with self.listener.running(node_id):
                    connection = pipeline.metadata_connection_config
                    result = launch_node(compiled, node, connection, self.output, self.stop)
            failed = node_id if result.state == "failed" else failed
            results.append(result)
            self.listener.finished(result)
        return results

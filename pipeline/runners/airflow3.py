"""The pipeline's graph as a file from which Airflow 3 makes its DAG.

TFX and Airflow 3 cannot share an environment. `deploy/airflow3/movielens_dag.py` knows only what
this file says, and runs each node by `movielens run --node`.
"""

import json
from typing import Any

from tfx.proto.orchestration import pipeline_pb2

from pipeline.config import PipelineConfig
from pipeline.create import create_pipeline
from pipeline.run.launch import compile_run
from pipeline.runners.scheduled import check_paths


def compile_graph(config: PipelineConfig) -> str:
    """Returns what a scheduler needs to know of the pipeline, as a JSON object.

    It holds `pipeline` (the name), `schedule` (the section), and `nodes`, each with `id` and
    `upstream`, in topological order.

    Raises:
        UsageError: A path of the configuration is relative.
    """
    check_paths(config)
    compiled = compile_run(create_pipeline(config), run_id="")
    graph = {
        "pipeline": config.pipeline.name,
        "schedule": config.schedule.model_dump(),
        "nodes": graph_of(compiled),
    }
    return f"{json.dumps(graph, indent=2)}\n"


def graph_of(compiled: pipeline_pb2.Pipeline) -> list[dict[str, Any]]:
    """Reads nodes and edges off a compiled pipeline, in its topological order."""
    nodes = [each.pipeline_node for each in compiled.nodes]
    return [{"id": node.node_info.id, "upstream": sorted(node.upstream_nodes)} for node in nodes]

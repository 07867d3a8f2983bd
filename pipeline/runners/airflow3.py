"""The pipeline's graph as a file from which Airflow 3 makes its DAG.

TFX and Airflow 3 cannot share an environment: `deploy/airflow3/movielens_dag.py` knows no more of
the pipeline than this file says, and runs each node by `movielens run --node`.
"""

import json
from dataclasses import asdict

from pipeline.config import PipelineConfig
from pipeline.create import create_pipeline
from pipeline.run.launch import compile_run
from pipeline.runners.scheduled import check_paths, graph_of


def compile_graph(config: PipelineConfig) -> str:
    """Compiles the pipeline and reads off it what a scheduler needs.

    Args:
        config: what will be run; its section `[schedule]` goes along.

    Returns:
        A JSON object: `pipeline` (the name), `schedule` (the section), and `nodes`, each with `id`
        and `upstream`, in topological order.

    Raises:
        UsageError: a path of the configuration is relative.
    """
    check_paths(config)
    compiled = compile_run(create_pipeline(config), run_id="")
    graph = {
        "pipeline": config.pipeline.name,
        "schedule": config.schedule.model_dump(),
        "nodes": [asdict(node) for node in graph_of(compiled)],
    }
    return f"{json.dumps(graph, indent=2)}\n"

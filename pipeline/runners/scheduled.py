"""What every scheduler is told of the pipeline: its configuration and its graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pipeline.config import PipelineConfig, load_config
from pipeline.errors import UsageError
from pipeline.run.alerts import send_alerts
from pipeline.run.record import recorded_failures

if TYPE_CHECKING:
    from tfx.proto.orchestration import pipeline_pb2

CONFIG_VARIABLE: Final = "MOVIELENS_CONFIG"


@dataclass(frozen=True, kw_only=True)
class GraphNode:
    """A node of the compiled pipeline.

    Attributes:
        id: the node.
        upstream: the nodes that must have finished before it, sorted.
    """

    id: str
    upstream: tuple[str, ...]


def scheduled_config(environment: Mapping[str, str]) -> PipelineConfig:
    """Reads the configuration that a scheduler's environment names.

    Args:
        environment: of the scheduler's process; `MOVIELENS_CONFIG` is the path of a TOML file.

    Raises:
        UsageError: the variable is not set, the file is not a configuration, or one of its paths
            depends on the working directory.
    """
    named = environment.get(CONFIG_VARIABLE)
    if not named:
        raise UsageError(
            f"the environment variable {CONFIG_VARIABLE} should name the configuration file, such "
            "as /etc/movielens/production.toml; it is not set"
        )
    config = load_config(Path(named))
    check_paths(config)
    return config


def check_paths(config: PipelineConfig) -> None:
    """Refuses paths that depend on the working directory: each node may have another one.

    Raises:
        UsageError: a path is relative.
    """
    paths = {
        "pipeline.output": config.pipeline.output,
        "data.input_base": config.data.input_base,
        "metadata.path": config.metadata.path,
        "serving.base_directory": config.serving.base_directory,
    }
    for key, path in paths.items():
        if path is not None and not Path(path).expanduser().is_absolute():
            raise UsageError(
                f"configuration key `{key}` should be an absolute path under a scheduler, whose "
                f"nodes run in working directories of its own. Received: {path!r}"
            )


def alert(
    config: PipelineConfig,
    *,
    status: Literal["failed", "late"],
    run_id: str,
    node: str | None,
    why: str,
) -> list[str]:
    """Tells of what only a scheduler knows: a node failed for good, or a run is late.

    Refused models and finished runs are told by the run itself. A scheduler that knows of a node no
    more than its exit code is helped out with what the node wrote into the run's summary.

    Args:
        config: its section `[alerts]` says whom to tell.
        status: what has happened.
        run_id: the run.
        node: the node that failed; None where the whole run is meant.
        why: in words.

    Returns:
        What could not be delivered and why, a line each.
    """
    reasons = recorded_failures(config.output, run_id) if status == "failed" else []
    event = {
        "event": "scheduler_alert",
        "pipeline": config.pipeline.name,
        "run_id": run_id,
        "status": status,
        "failed_node": node,
        "failures": [why, *(each for each in reasons if each != why)],
        "output": str(config.output),
    }
    return send_alerts(config.alerts, event)


def graph_of(compiled: "pipeline_pb2.Pipeline") -> tuple[GraphNode, ...]:
    """Reads nodes and edges off a compiled pipeline, in its topological order."""
    return tuple(
        GraphNode(
            id=each.pipeline_node.node_info.id,
            upstream=tuple(sorted(each.pipeline_node.upstream_nodes)),
        )
        for each in compiled.nodes
    )

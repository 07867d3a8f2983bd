"""What schedulers need: a configuration that fits them, and alerts. Does not import TFX."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from pipeline.config import PipelineConfig, load_config
from pipeline.errors import UsageError
from pipeline.run.alerts import send_alerts
from pipeline.run.record import recorded_failures

CONFIG_VARIABLE: Final = "MOVIELENS_CONFIG"
_KUBEFLOW_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,127}")


def scheduled_config(environment: Mapping[str, str]) -> PipelineConfig:
    """Reads the configuration that `MOVIELENS_CONFIG` names in a scheduler's environment.

    Raises:
        UsageError: The variable is not set, the file is not a configuration, or one of its paths
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
    """Refuses relative paths, because each node may have another working directory.

    Raises:
        UsageError: A path is relative.
    """
    paths = {
        "pipeline.output": config.pipeline.output,
        "data.input_base": config.data.input_base,
        "metadata.path": config.metadata.path,
        "serving.base_directory": config.serving.base_directory,
        "alerts.metrics_file": config.alerts.metrics_file,
    }
    for key, path in paths.items():
        if path is not None and not Path(path).expanduser().is_absolute():
            raise UsageError(
                f"configuration key `{key}` should be an absolute path under a scheduler, whose "
                f"nodes run in working directories of its own. Received: {path!r}"
            )


def check_kubeflow(config: PipelineConfig) -> None:
    """Refuses a configuration that cannot run on Kubeflow.

    Raises:
        UsageError: It lacks the image, or has a folder, pipeline name or section that cannot be.
    """
    if config.kubeflow.image is None:
        raise UsageError(
            "Kubeflow needs an image to run the nodes in; give --image NAME:TAG or kubeflow.image "
            "(deploy/Dockerfile builds it)"
        )
    if not _KUBEFLOW_NAME.fullmatch(config.pipeline.name):
        raise UsageError(
            "pipeline.name should be small letters, digits and `-` for Kubeflow. "
            f"Received: {config.pipeline.name!r}"
        )
    if config.drift.enabled:
        raise UsageError(
            "the section [drift] needs the statistics of the span before, for which no node of "
            "Kubeflow's can ask the metadata: leave it out"
        )
    if config.skew.enabled:
        raise UsageError(
            "the section [skew] needs the files of the serving log to be looked for when a run "
            "begins, which no driver of Kubeflow's does for a node of ours: leave it out"
        )
    mount = PurePosixPath(config.kubeflow.mount_path)
    for key, folder in (
        ("data.input_base", config.data.input_base and config.input_base),
        ("serving.base_directory", config.serving_model),
        ("pipeline.output", config.output),
    ):
        if not folder or not folder.is_relative_to(mount):
            raise UsageError(
                f"{key} should be a folder below {mount}, where the volume "
                f"{config.kubeflow.volume_claim} is mounted. Received: {folder or 'none'}"
            )


def alert(
    config: PipelineConfig,
    *,
    status: Literal["failed", "late"],
    run_id: str,
    node: str | None,
    why: str,
) -> list[str]:
    """Sends an alert about what only a scheduler knows: a node failed for good, or a run is late.

    The run itself reports refused models and finished runs. The reasons that a node wrote into the
    run's summary are added, because a scheduler may know no more than an exit code. `node` is None
    if the alert is about the whole run.

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

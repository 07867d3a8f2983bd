"""What cannot be on Kubeflow, told before TFX is loaded."""

import re
from pathlib import PurePosixPath
from typing import Final

from pipeline.config import PipelineConfig
from pipeline.errors import UsageError

_PIPELINE_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,127}")


def check_kubeflow(config: PipelineConfig) -> None:
    """Refuses what cannot be on Kubeflow.

    Raises:
        UsageError: the configuration lacks the image, or names a folder, a pipeline or a section
            that cannot be on Kubeflow.
    """
    if config.kubeflow.image is None:
        raise UsageError(
            "Kubeflow needs an image to run the nodes in; give --image NAME:TAG or kubeflow.image "
            "(deploy/Dockerfile builds it)"
        )
    if not _PIPELINE_NAME.fullmatch(config.pipeline.name):
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

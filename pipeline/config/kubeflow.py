"""The section `[kubeflow]` of the configuration: what a cluster has to know of the pipeline."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

_CPU: Final = re.compile(r"[0-9]+(\.[0-9]+)?|[0-9]+m")
_MEMORY: Final = re.compile(r"[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)?")
_CLAIM: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_ROOT_SCHEMES: Final = ("gs://", "s3://", "minio://")


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What a container asks for, and at most gets; quantities as Kubernetes writes them.

    Attributes:
        cpu: cores, `2` or `500m`.
        memory: bytes, `4Gi` or `512Mi`.
    """

    cpu: str = "1"
    memory: str = "4Gi"

    def __post_init__(self) -> None:
        for name, value, quantity in (("cpu", self.cpu, _CPU), ("memory", self.memory, _MEMORY)):
            if not quantity.fullmatch(value):
                raise ValueError(
                    f"{name} should be a quantity of Kubernetes, such as `2`, `500m` or `4Gi`. "
                    f"Received: {value!r}"
                )


def _default_nodes() -> Mapping[str, Resources]:
    return {
        "Trainer": Resources(cpu="2", memory="8Gi"),
        "Transform": Resources(cpu="2", memory="8Gi"),
    }


@dataclass(frozen=True, kw_only=True)
class KubeflowConfig:
    """Section `[kubeflow]`.

    Metadata are not configured: Kubeflow Pipelines keeps a store of its own and records in it.
    Retries and time limits are those of `[schedule]`.

    Attributes:
        image: the image of `deploy/Dockerfile`, with its tag; needed to compile.
        volume_claim: a PersistentVolumeClaim that is mounted into every node. Ratings are read from
            it and versions are pushed to it; TensorFlow Serving mounts the same.
        mount_path: where. `data.input_base`, `serving.base_directory` and `pipeline.output` lie
            below.
        pipeline_root: the folder of an object store that artifacts go to, `gs://`, `s3://` or
            `minio://`; the default of the cluster where None.
        resources: of a node.
        nodes: by node id, of those that differ.
    """

    image: str | None = None
    volume_claim: str = "movielens-models"
    mount_path: str = "/mnt/movielens"
    pipeline_root: str | None = None
    resources: Resources = field(default_factory=Resources)
    nodes: Mapping[str, Resources] = field(default_factory=_default_nodes)

    def __post_init__(self) -> None:
        if self.image is not None and not re.fullmatch(r"\S+", self.image):
            raise ValueError(f"image should be a name with a tag. Received: {self.image!r}")
        if not _CLAIM.fullmatch(self.volume_claim):
            raise ValueError(
                "volume_claim should be the name of a PersistentVolumeClaim: small letters, digits "
                f"and `-`. Received: {self.volume_claim!r}"
            )
        if not PurePosixPath(self.mount_path).is_absolute() or self.mount_path == "/":
            raise ValueError(
                f"mount_path should be an absolute path below `/`. Received: {self.mount_path!r}"
            )
        if self.pipeline_root is not None and not self.pipeline_root.startswith(_ROOT_SCHEMES):
            raise ValueError(
                f"pipeline_root should start with one of {', '.join(_ROOT_SCHEMES)}. "
                f"Received: {self.pipeline_root!r}"
            )

    def resources_of(self, node_id: str) -> Resources:
        """What a node asks for."""
        return self.nodes.get(node_id, self.resources)

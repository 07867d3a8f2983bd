"""Section `[kubeflow]`: what a cluster needs to know about the pipeline."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from movielens.section import OneOf, Section, matching
from pipeline.config.node_ids import NODE_IDS


class Resources(Section):
    """What a container requests and is limited to, in the notation of Kubernetes."""

    cpu: Annotated[str, matching(r"[0-9]+(\.[0-9]+)?|[0-9]+m", "cores, such as `2` or `500m`")] = (
        Field("1", description="Processor cores of a container.")
    )
    memory: Annotated[
        str,
        matching(r"[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)?", "bytes, such as `4Gi` or `512Mi`"),
    ] = Field("4Gi", description="Memory of a container.")


class KubeflowConfig(Section):
    """What `movielens compile` writes for Kubeflow Pipelines.

    Kubeflow Pipelines has a metadata store of its own, so `[metadata]` has no effect there. Retries
    and time limits are those of `[schedule]`.
    """

    image: Annotated[str, matching(r"\S+", "a name with a tag")] | None = Field(
        None, description="The image of deploy/Dockerfile, with its tag. Needed to compile."
    )
    volume_claim: Annotated[
        str,
        matching(
            "[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?",
            "the name of a PersistentVolumeClaim: small letters, digits and `-`",
        ),
    ] = Field(
        "movielens-models",
        description="A PersistentVolumeClaim that is mounted into every node. Ratings are read "
        "from it and versions are pushed to it; TensorFlow Serving mounts the same.",
    )
    mount_path: Annotated[str, matching("/+[^/].*", "an absolute path below `/`")] = Field(
        "/mnt/movielens",
        description="Where the volume is mounted. `data.input_base`, `serving.base_directory` and "
        "`pipeline.output` lie below.",
    )
    pipeline_root: (
        Annotated[str, matching("(gs|s3|minio)://.*", "a path of gs://, s3:// or minio://")] | None
    ) = Field(
        None,
        description="The folder of an object store that artifacts go to. If unset, the default of "
        "the cluster.",
    )
    resources: Resources = Field(default_factory=Resources, description="Resources of a node.")
    nodes: Mapping[Annotated[str, OneOf(NODE_IDS)], Resources] = Field(
        default_factory=lambda: {
            "Trainer": Resources(cpu="2", memory="8Gi"),
            "Transform": Resources(cpu="2", memory="8Gi"),
        },
        description="Resources of the nodes that differ, by node id.",
    )

    def resources_of(self, node_id: str) -> Resources:
        """Returns the resources of a node."""
        return self.nodes.get(node_id, self.resources)

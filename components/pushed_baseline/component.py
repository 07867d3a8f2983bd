"""The node that stands for the BaselineResolver where nodes cannot ask a metadata store."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.pushed_baseline import executor


class PushedBaselineSpec(types.ComponentSpec):
    """A candidate and the folder of versions in, a model out."""

    PARAMETERS = {"base_directory": ExecutionParameter(type=str)}  # noqa: RUF012 - TFX reads plain dicts
    INPUTS = {"candidate": ChannelParameter(type=standard_artifacts.Model)}  # noqa: RUF012
    OUTPUTS = {"model": ChannelParameter(type=standard_artifacts.Model)}  # noqa: RUF012


class PushedBaseline(base_component.BaseComponent):
    """Takes the newest version of the folder that is served from as the model to measure up to.

    What has been pushed has been blessed. The stock resolvers ask the metadata store, which
    Kubeflow Pipelines does not do for a pipeline.

    Outputs:
        model: a `standard_artifacts.Model`, marked absent where nothing has been pushed yet.
    """

    SPEC_CLASS = PushedBaselineSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, candidate: types.BaseChannel, *, base_directory: str):
        """Declares the node.

        Args:
            candidate: the model of this run. The folder is looked into when it is there, not
                before a training in which another run may push.
            base_directory: the folder of pushed versions.
        """
        super().__init__(
            PushedBaselineSpec(
                candidate=candidate,
                base_directory=base_directory,
                model=types.Channel(type=standard_artifacts.Model),
            )
        )

"""The BaselineResolver for platforms on which nodes cannot read a metadata store."""

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
    """Takes the newest version in the served folder as the baseline.

    Every pushed model was blessed. The stock resolvers ask the metadata store, which a pipeline on
    Kubeflow Pipelines cannot do.

    Outputs:
        model: A `standard_artifacts.Model`, marked absent if nothing has been pushed yet.
    """

    SPEC_CLASS = PushedBaselineSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, candidate: types.BaseChannel, *, base_directory: str):
        """Declares the node.

        Args:
            candidate: The model of this run. The node waits for it, so that a version which another
                run pushes during the training counts.
            base_directory: The folder of pushed versions.
        """
        model = types.Channel(type=standard_artifacts.Model)
        super().__init__(
            PushedBaselineSpec(candidate=candidate, base_directory=base_directory, model=model)
        )

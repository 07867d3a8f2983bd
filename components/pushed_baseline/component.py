"""The BaselineResolver for platforms on which nodes cannot read a metadata store."""

from tfx.dsl.components.base import executor_spec
from tfx.types import standard_artifacts

from components.interface import Component, component_spec
from components.pushed_baseline import executor


class PushedBaseline(Component):
    """Takes the newest version in the served folder, `base_directory`, as the baseline.

    Every pushed model was blessed. The stock resolvers ask the metadata store, which a pipeline on
    Kubeflow Pipelines cannot do. The node waits for the `candidate`, so that a version which
    another run pushes during the training counts. Its output `model` is marked absent if nothing
    has been pushed yet.
    """

    SPEC_CLASS = component_spec(
        inputs={"candidate": standard_artifacts.Model},
        options={"base_directory": str},
        outputs={"model": standard_artifacts.Model},
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

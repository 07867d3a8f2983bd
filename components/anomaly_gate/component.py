"""The node that stops a run on anomalies; TFX's validators only write them down."""

from tfx.dsl.components.base import executor_spec
from tfx.types import standard_artifacts

from components.anomaly_gate import executor
from components.interface import Component, component_spec


class AnomalyGate(Component):
    """Fails the run on anomalies of an ExampleValidator, DistributionValidator or SkewValidator."""

    SPEC_CLASS = component_spec(
        inputs={"anomalies": standard_artifacts.ExampleAnomalies},
        options={
            "tolerated": str,  # JSON of the TFDV anomaly types that do not stop the run, by feature
            "remedy": str,  # what the reader of the failure can do
        },
        outputs={"notes": standard_artifacts.String},  # JSON of the tolerated anomalies
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

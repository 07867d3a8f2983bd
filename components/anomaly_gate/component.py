"""The node that stops a run on anomalies; TFX's validators only write them down."""

from tfx.dsl.components.base import executor_spec
from tfx.types import standard_artifacts

from components.anomaly_gate import executor
from components.interface import Component, component_spec


class AnomalyGate(Component):
    """Fails the run on anomalies.

    Args:
        anomalies: Of an ExampleValidator, a DistributionValidator or a SkewValidator.
        tolerated: JSON of the TFDV anomaly types that do not stop the run, by feature.
        remedy: What the reader of the failure can do.

    Outputs:
        notes: JSON of the tolerated anomalies.
    """

    SPEC_CLASS = component_spec(
        inputs={"anomalies": standard_artifacts.ExampleAnomalies},
        options={"tolerated": str, "remedy": str},
        outputs={"notes": standard_artifacts.String},
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

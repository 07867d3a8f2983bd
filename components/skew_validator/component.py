"""The node that compares training with serving."""

from tfx.dsl.components.base import executor_spec
from tfx.types import standard_artifacts

from components.interface import Component, component_spec
from components.skew_validator import executor


class SkewValidator(Component):
    """Measures how far requests differ from the training data.

    Args:
        statistics: Of the training data, with a split `train`.
        serving_statistics: Of the log, with one split.
        thresholds: A Schema in text format, whose features have a `skew_comparator`.
        min_rows: A feature that fewer rows of the log have is not compared.
        code_fingerprint: A hash of this package's code, so that an edit misses TFX's cache.

    Outputs:
        anomalies: Of the split of the log.
    """

    SPEC_CLASS = component_spec(
        inputs={
            "statistics": standard_artifacts.ExampleStatistics,
            "serving_statistics": standard_artifacts.ExampleStatistics,
        },
        options={"thresholds": str, "min_rows": int, "code_fingerprint": str},
        outputs={"anomalies": standard_artifacts.ExampleAnomalies},
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

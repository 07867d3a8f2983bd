"""The node that compares training with serving."""

from tfx.dsl.components.base import executor_spec
from tfx.types import standard_artifacts

from components.interface import Component, component_spec
from components.skew_validator import executor


class SkewValidator(Component):
    """Measures how far requests differ from the training data."""

    SPEC_CLASS = component_spec(
        inputs={
            "statistics": standard_artifacts.ExampleStatistics,  # with a split `train`
            "serving_statistics": standard_artifacts.ExampleStatistics,  # of the log, one split
        },
        options={
            "thresholds": str,  # a Schema in text format; its features have a `skew_comparator`
            "min_rows": int,  # a feature that fewer rows of the log have is not compared
            "code_fingerprint": str,  # of this package, so that an edit misses TFX's cache
        },
        outputs={"anomalies": standard_artifacts.ExampleAnomalies},  # of the split of the log
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

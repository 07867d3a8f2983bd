"""The node that compares training with serving."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts

from components.interface import component_spec
from components.skew_validator import executor


class SkewValidator(base_component.BaseComponent):
    """Measures how far requests differ from the training data.

    TFX has no component for it: ExampleValidator takes no statistics of serving, and
    DistributionValidator compares training data of two times. TFDV, which both call, can do it.

    Args:
        statistics: Of the training data, with a split `train`.
        serving_statistics: Of the log, with one split.
        thresholds: A Schema in text format, whose features have a `skew_comparator`.
        min_rows: A feature that fewer rows of the log have is not compared.
        code_fingerprint: A hash of this package's code, so that an edit misses TFX's cache.

    Outputs:
        anomalies: `standard_artifacts.ExampleAnomalies` of the split of the log.
    """

    SPEC_CLASS = component_spec(
        options={"thresholds": str, "min_rows": int, "code_fingerprint": str},
        inputs={
            "statistics": standard_artifacts.ExampleStatistics,
            "serving_statistics": standard_artifacts.ExampleStatistics,
        },
        outputs={"anomalies": standard_artifacts.ExampleAnomalies},
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        statistics: types.BaseChannel,
        serving_statistics: types.BaseChannel,
        *,
        thresholds: str,
        min_rows: int,
        code_fingerprint: str,
    ):
        super().__init__(
            self.SPEC_CLASS(
                statistics=statistics,
                serving_statistics=serving_statistics,
                thresholds=thresholds,
                min_rows=min_rows,
                code_fingerprint=code_fingerprint,
                anomalies=types.Channel(type=standard_artifacts.ExampleAnomalies),
            )
        )

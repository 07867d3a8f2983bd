"""The node that compares training with serving."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.skew_validator import executor


class SkewValidatorSpec(types.ComponentSpec):
    """Two statistics and thresholds in, anomalies out."""

    PARAMETERS = {  # noqa: RUF012 - TFX reads plain dicts
        "thresholds": ExecutionParameter(type=str),
        "min_rows": ExecutionParameter(type=int),
        "code_fingerprint": ExecutionParameter(type=str),
    }
    INPUTS = {  # noqa: RUF012
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "serving_statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics),
    }
    OUTPUTS = {  # noqa: RUF012
        "anomalies": ChannelParameter(type=standard_artifacts.ExampleAnomalies)
    }


class SkewValidator(base_component.BaseComponent):
    """Measures how far requests differ from the training data.

    TFX has no component for it: ExampleValidator takes no statistics of serving, and
    DistributionValidator compares training data of two times. TFDV, which both call, can do it.

    Outputs:
        anomalies: `standard_artifacts.ExampleAnomalies` of the split of the log.
    """

    SPEC_CLASS = SkewValidatorSpec
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
        """Declares the node.

        Args:
            statistics: Of the training data, with a split `train`.
            serving_statistics: Of the log, with one split.
            thresholds: A Schema in text format, whose features have a `skew_comparator`.
            min_rows: A feature that fewer rows of the log have is not compared.
            code_fingerprint: A hash of this package's code, so that an edit misses TFX's cache.
        """
        super().__init__(
            SkewValidatorSpec(
                statistics=statistics,
                serving_statistics=serving_statistics,
                thresholds=thresholds,
                min_rows=min_rows,
                code_fingerprint=code_fingerprint,
                anomalies=types.Channel(type=standard_artifacts.ExampleAnomalies),
            )
        )

"""The node that stops a run on anomalies; TFX's validators only write them down."""

import json
from collections.abc import Collection, Mapping

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.anomaly_gate import executor


class AnomalyGateSpec(types.ComponentSpec):
    """Anomalies in, notes out."""

    PARAMETERS = {  # noqa: RUF012 - TFX reads plain dicts
        "tolerated": ExecutionParameter(type=str),
        "remedy": ExecutionParameter(type=str),
    }
    INPUTS = {  # noqa: RUF012
        "anomalies": ChannelParameter(type=standard_artifacts.ExampleAnomalies)
    }
    OUTPUTS = {"notes": ChannelParameter(type=standard_artifacts.String)}  # noqa: RUF012


class AnomalyGate(base_component.BaseComponent):
    """Fails the run on anomalies.

    Outputs:
        notes: A `standard_artifacts.String`: JSON of the tolerated anomalies.
    """

    SPEC_CLASS = AnomalyGateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        anomalies: types.BaseChannel,
        *,
        tolerated: Mapping[str, Collection[str]],
        remedy: str,
    ):
        """Declares the node.

        Args:
            anomalies: Of an ExampleValidator, a DistributionValidator or a SkewValidator.
            tolerated: The TFDV anomaly types that are noted and do not stop the run, by feature.
            remedy: What the reader of the failure can do.
        """
        kinds = {feature: sorted(names) for feature, names in tolerated.items()}
        super().__init__(
            AnomalyGateSpec(
                anomalies=anomalies,
                tolerated=json.dumps(kinds, sort_keys=True),
                remedy=remedy,
                notes=types.Channel(type=standard_artifacts.String),
            )
        )

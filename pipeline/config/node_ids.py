"""The ids of all nodes that a pipeline may have, for checks that must not wait for TFX."""

from typing import Final

NODE_IDS: Final = (
    "CuratedSchema",
    "MovieLensExampleGen",
    "StatisticsGen",
    "ExampleValidator",
    "AnomalyGate",
    "EarlierStatistics",
    "DistributionValidator",
    "DriftGate",
    "ServingLogGen",
    "ServingStatistics",
    "SkewValidator",
    "SkewGate",
    "Transform",
    "Tuner",
    "Trainer",
    "PushedBaseline",
    "BaselineResolver",
    "Evaluator",
    "ServingValidator",
    "InfraValidator",
    "Pusher",
    "RunReport",
)

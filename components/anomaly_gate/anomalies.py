"""Anomalies in words: which feature of which split, what was expected, what was received."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

# Anomalies of these kinds differ from the other data set that was compared, not from the schema.
_COMPARISON: Final = "COMPARATOR_"
_MEASURES: Final = {"L_INFTY": "L-infinity", "JENSEN_SHANNON_DIVERGENCE": "Jensen-Shannon"}


class DataAnomaliesError(ValueError):
    """The data differ from the schema, or from earlier data, too much to train on them."""


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """One way in which a split differs from the schema or from the data it is compared with."""

    split: str
    feature: str  # the raw feature; empty if the data set as a whole differs
    kind: str  # the name of a TFDV `AnomalyInfo.Type`
    expected: str  # what the schema says of the feature
    received: str  # what the data have

    def __str__(self) -> str:
        subject = f"feature `{self.feature}`" if self.feature else "the data set"
        return (
            f"{subject} of split {self.split}: expected {self.expected}. Received: {self.received}"
        )


@dataclass(frozen=True, kw_only=True)
class Distance:
    """How far a feature is from the data it was compared with."""

    feature: str
    measure: str  # `L-infinity` or `Jensen-Shannon`
    value: float
    threshold: float  # a greater distance is an anomaly

    def __str__(self) -> str:
        return f"{self.feature} {self.measure} {self.value:.4f} (at most {self.threshold:g})"


def read_anomalies(split: str, found: anomalies_pb2.Anomalies) -> Iterator[Anomaly]:
    """Yields the anomalies of one split, feature by feature.

    They are found by ExampleValidator (`baseline` holds the schema then), by DistributionValidator
    or by SkewValidator.
    """
    with_serving = any(info.skew_measurements for info in found.drift_skew_info)
    as_other_data = f"much the same as {'in training' if with_serving else 'before'}"
    by_schema = {feature.name: _describe(feature) for feature in found.baseline.feature}

    def anomaly(feature: str, reason: anomalies_pb2.AnomalyInfo.Reason, expected: str) -> Anomaly:
        kind = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
        return Anomaly(
            split=split,
            feature=feature,
            kind=kind,
            expected=as_other_data if kind.startswith(_COMPARISON) else expected,
            received=reason.description.strip().rstrip("."),
        )

    for name, info in sorted(found.anomaly_info.items()):
        feature = ".".join(info.path.step) or name
        expected = by_schema.get(feature, "no such feature")
        yield from (anomaly(feature, reason, expected) for reason in info.reason)
    for reason in found.dataset_anomaly_info.reason:
        yield anomaly("", reason, "a data set as the schema says")


def read_distances(found: anomalies_pb2.Anomalies) -> Iterator[Distance]:
    """Yields the distances that a comparison measured."""
    for info in found.drift_skew_info:
        for measured in (*info.drift_measurements, *info.skew_measurements):
            kind = anomalies_pb2.DriftSkewInfo.Measurement.Type.Name(measured.type)
            yield Distance(
                feature=".".join(info.path.step),
                measure=_MEASURES.get(kind, kind),
                value=measured.value,
                threshold=measured.threshold,
            )


def judge(
    anomalies: Sequence[Anomaly], tolerated: Mapping[str, Collection[str]], remedy: str
) -> list[Anomaly]:
    """Returns the anomalies of kinds that are `tolerated`, by feature, and refuses all others.

    The `remedy` says what to do about those, in a sentence without a full stop.
    """
    noted = [each for each in anomalies if each.kind in tolerated.get(each.feature, ())]
    fatal = [each for each in anomalies if each not in noted]
    if fatal:
        raise DataAnomaliesError(
            f"{len(fatal)} anomal{'y' if len(fatal) == 1 else 'ies'} in the data: "
            f"{'; '.join(map(str, fatal))}. {remedy}"
        )
    return noted


def _describe(feature: schema_pb2.Feature) -> str:
    return ", ".join(text for text in (_describe_count(feature), _describe_domain(feature)) if text)


def _describe_count(feature: schema_pb2.Feature) -> str:
    kinds = {schema_pb2.INT: "whole number", schema_pb2.FLOAT: "number", schema_pb2.BYTES: "text"}
    kind = kinds.get(feature.type, "value")
    once = feature.value_count.min == feature.value_count.max == 1
    if once and feature.presence.min_fraction == 1:
        return f"one {kind} in every example"
    return f"any number of {kind}s"


def _describe_domain(feature: schema_pb2.Feature) -> str:
    domain = feature.WhichOneof("domain_info")
    if domain == "int_domain":
        has_max = feature.int_domain.HasField("max")
        top = f" to {feature.int_domain.max}" if has_max else " or more"
        return f"{feature.int_domain.min}{top}"
    if domain == "float_domain":
        return f"{feature.float_domain.min:g} to {feature.float_domain.max:g}"
    if domain == "string_domain":
        return "one of " + ", ".join(feature.string_domain.value)
    return ""

"""Anomalies in words: which feature of which split, what was expected, what came."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

# What a comparison finds has the other data set for what is expected, not the schema.
_COMPARISON: Final = "COMPARATOR_"
_MEASURES: Final = {
    "L_INFTY": "L-infinity",
    "JENSEN_SHANNON_DIVERGENCE": "Jensen-Shannon",
}


class DataAnomaliesError(ValueError):
    """The data differ from the schema, or from those before, in ways not to be trained on."""


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """One way in which a split differs from the schema.

    Attributes:
        split: the split of the examples.
        feature: the raw feature; empty where the data set as a whole is meant.
        kind: the name of a TFDV `AnomalyInfo.Type`.
        expected: what the schema says of the feature.
        received: what the data have.
    """

    split: str
    feature: str
    kind: str
    expected: str
    received: str

    def __str__(self) -> str:
        subject = f"feature `{self.feature}`" if self.feature else "the data set"
        return (
            f"{subject} of split {self.split}: expected {self.expected}. Received: {self.received}"
        )


def read_anomalies(split: str, found: anomalies_pb2.Anomalies) -> Iterator[Anomaly]:
    """Puts what was found in one split into words, feature by feature.

    Args:
        split: the split's name.
        found: a result of ExampleValidator, whose `baseline` holds the schema that was validated
            against, of DistributionValidator or of SkewValidator.
    """
    with_serving = any(info.skew_measurements for info in found.drift_skew_info)
    like = "in training" if with_serving else "before"
    expected = {feature.name: _describe(feature) for feature in found.baseline.feature}
    for name in sorted(found.anomaly_info):
        info = found.anomaly_info[name]
        feature = ".".join(info.path.step) or name
        for reason in info.reason:
            words = expected.get(feature, "no such feature")
            yield _anomaly(split, feature, reason, words, like)
    for reason in found.dataset_anomaly_info.reason:
        yield _anomaly(split, "", reason, "a data set as the schema says", like)


def read_measurements(found: anomalies_pb2.Anomalies) -> Iterator[str]:
    """What a comparison of two data sets measured, by feature, with the threshold."""
    for info in found.drift_skew_info:
        for measured in (*info.drift_measurements, *info.skew_measurements):
            kind = anomalies_pb2.DriftSkewInfo.Measurement.Type.Name(measured.type)
            yield (
                f"{'.'.join(info.path.step)} {_MEASURES.get(kind, kind)} {measured.value:.4f} "
                f"(at most {measured.threshold:g})"
            )


def _anomaly(
    split: str, feature: str, reason: anomalies_pb2.AnomalyInfo.Reason, expected: str, like: str
) -> Anomaly:
    kind = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
    return Anomaly(
        split=split,
        feature=feature,
        kind=kind,
        expected=f"much the same as {like}" if kind.startswith(_COMPARISON) else expected,
        received=reason.description.strip().rstrip("."),
    )


def judge(
    anomalies: Sequence[Anomaly], tolerated: Mapping[str, Collection[str]], remedy: str
) -> list[Anomaly]:
    """Lets tolerated anomalies pass and refuses the others.

    Args:
        anomalies: all that were found.
        tolerated: by feature, the kinds that are worth a note but no stop.
        remedy: what to do about the others, a sentence without its end.

    Returns:
        The tolerated ones.

    Raises:
        DataAnomaliesError: there are others; the message names each.
    """
    noted = [each for each in anomalies if each.kind in tolerated.get(each.feature, ())]
    fatal = [each for each in anomalies if each not in noted]
    if fatal:
        raise DataAnomaliesError(
            f"{len(fatal)} anomal{'y' if len(fatal) == 1 else 'ies'} in the data: "
            + "; ".join(map(str, fatal))
            + f". {remedy}"
        )
    return noted


def _describe(feature: schema_pb2.Feature) -> str:
    words = [_describe_count(feature), _describe_domain(feature)]
    return ", ".join(word for word in words if word)


def _describe_count(feature: schema_pb2.Feature) -> str:
    kind = {
        schema_pb2.INT: "whole number",
        schema_pb2.FLOAT: "number",
        schema_pb2.BYTES: "text",
    }.get(feature.type, "value")
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

"""What each node found, in a few words read from its artifacts."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import tensorflow_transform as tft
from tfx import types
from tfx.components.util import model_utils
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.anomaly_gate.anomalies import read_measurements
from components.anomaly_gate.executor import load_anomalies
from components.atomic_pusher.executor import IGNORED_PROPERTY
from components.evaluator.metrics import ALL_METRICS, BIAS_RMSE, RMSE
from components.evaluator.results import read_results
from components.evaluator.verdict import read_verdict
from components.movielens_example_gen.report import read_report
from components.pushed_baseline.executor import ABSENT_PROPERTY, LEFT_OUT_PROPERTY
from components.serving_log_gen.executor import read_counts
from components.serving_log_gen.transforms import ROWS
from components.serving_validator import report as canary
from components.skew_validator.executor import read_too_few
from transform_module import features

Outputs = Mapping[str, list[types.Artifact]]


def describe_findings(node_id: str, outputs: Outputs) -> str:
    """Says what a finished node found.

    Args:
        node_id: The node's name in `create_pipeline`.
        outputs: Its artifacts by output key.

    Returns:
        A few words; empty for a node that has no findings.
    """
    describe = _DESCRIBED_BY.get(node_id)
    return describe(outputs) if describe else ""


def sole_uri(outputs: Outputs, key: str) -> str:
    """Returns the folder of the one artifact of an output."""
    return str(artifact_utils.get_single_uri(outputs[key]))


def pushed_version(outputs: Outputs) -> int | None:
    """Returns the version that the Pusher pushed; None where it did not push."""
    (pushed,) = outputs["pushed_model"]
    if not pushed.get_int_custom_property("pushed"):
        return None
    return int(pushed.get_string_custom_property("pushed_version"))


def canary_refusals(outputs: Outputs) -> list[str]:
    """Says why the validator before the Pusher refused the model; nothing where it did not."""
    (blessing,) = outputs["blessing"]
    if model_utils.is_infra_validated(blessing):
        return []
    report = canary.read_report(Path(blessing.uri))
    if report is None:
        return ["the model server did not load the model or did not answer; the log says why"]
    return [str(finding) for finding in report.findings]


def _ingest(outputs: Outputs) -> str:
    report = read_report(sole_uri(outputs, "ingest_report"))
    splits = ", ".join(f"{report['splits'][name]:,} {name}" for name in features.RATING_SPLITS)
    found = (
        f"{report['ratings']:,} ratings ({splits}), {report['users']:,} users, "
        f"{report['movies']:,} movies, {report['bad_rows']:,} bad rows"
    )
    if superseded := report["superseded_ratings"]:
        found += f", {superseded:,} ratings superseded by later ones"
    for file, titles in report["titles_not_utf8"].items():
        found += (
            f", {titles['titles']:,} titles of {file} not UTF-8 and read as {titles['read_as']}, "
            f"such as {titles['title']!r}"
        )
    return found


def _statistics(outputs: Outputs) -> str:
    (statistics,) = outputs["statistics"]
    return f"splits {', '.join(artifact_utils.decode_split_names(statistics.split_names))}"


def _schema(outputs: Outputs) -> str:
    schema = io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(sole_uri(outputs, "schema")))
    return f"{len(schema.feature)} raw features"


def _anomalies(outputs: Outputs) -> str:
    (anomalies,) = outputs["anomalies"]
    clean = anomalies.get_json_value_custom_property("blessed") or {}
    bad = sorted(split for split, is_clean in clean.items() if not is_clean)
    return f"differs from the schema: {', '.join(bad)}" if bad else "as the schema says"


def _drift(outputs: Outputs) -> str:
    (artifact,) = outputs["anomalies"]
    return ", ".join(_measurements(artifact)) or "nothing earlier to compare with"


def _measurements(artifact: types.Artifact) -> list[str]:
    return [
        measurement
        for split in artifact_utils.decode_split_names(artifact.split_names)
        for measurement in read_measurements(load_anomalies(artifact, split))
    ]


def _serving_log(outputs: Outputs) -> str:
    (examples,) = outputs["examples"]
    counts = read_counts(examples)
    rows = counts.pop(ROWS)
    requests = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items()))
    return f"{rows:,} rows of requests: {requests or 'none'}"


def _skew(outputs: Outputs) -> str:
    (artifact,) = outputs["anomalies"]
    found = _measurements(artifact)
    found += [
        f"{feature} not compared, {count:,} rows are too few"
        for feature, count in sorted(read_too_few(artifact).items())
    ]
    return ", ".join(found)


def _gate(outputs: Outputs) -> str:
    (artifact,) = outputs["notes"]
    notes: list[dict[str, str]] = json.loads(artifact.read())
    if not notes:
        return "nothing noted"
    noted = dict.fromkeys(f"{note['feature']}: {note['received']}" for note in notes)
    return f"noted, not stopped: {'; '.join(noted)}"


def _transform(outputs: Outputs) -> str:
    graph = tft.TFTransformOutput(sole_uri(outputs, "transform_graph"))
    return f"{len(graph.transformed_feature_spec())} transformed features"


def _tuner(outputs: Outputs) -> str:
    path = Path(sole_uri(outputs, "tuner_results")) / "tuner_results.json"
    trials: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    best = trials[0]  # the executor writes them in order
    configured = next(trial for trial in trials if int(trial["trial_id"]) == 0)
    error = "log loss" if best["objective"] == "cross_entropy" else "RMSE"
    told = f"best of {len(trials)} trials: eval {error} {best['score']:.4f}"
    changed = [
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in best.items()
        if name not in ("trial_id", "score") and value != configured[name]
    ]
    if not changed:
        return f"{told}, with the configured values"
    return f"{told}, {configured['score']:.4f} with the configured values; {', '.join(changed)}"


def _trainer(outputs: Outputs) -> str:
    # The trainer's code is named by import path only, so its report is read as the JSON it is.
    path = Path(sole_uri(outputs, "model_run")) / "training.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    return (
        f"best epoch {report['best_epoch']} of {report['epochs']}, "
        f"eval RMSE {report['eval_rmse']:.4f}"
    )


def _baseline(outputs: Outputs) -> str:
    models = [
        each for each in outputs.get("model", ()) if not each.has_custom_property(ABSENT_PROPERTY)
    ]
    told = "a blessed model to compare with" if models else "no earlier blessed model"
    gone = [
        each.get_string_custom_property("current_model") for each in outputs.get("left_out", ())
    ]
    gone += [
        each.get_string_custom_property(LEFT_OUT_PROPERTY)
        for each in outputs.get("model", ())
        if each.has_custom_property(LEFT_OUT_PROPERTY)
    ]
    return f"{told}; left out, for its files are gone: {', '.join(gone)}" if gone else told


def _evaluator(outputs: Outputs) -> str:
    folder = sole_uri(outputs, "evaluation")
    measured, verdict = read_results(folder).overall.metrics, read_verdict(folder)
    word = "blessed" if verdict.blessed else "NOT BLESSED"
    rmse, bias_rmse = ALL_METRICS[RMSE], ALL_METRICS[BIAS_RMSE]
    return (
        f"{word}, test {rmse.label} {rmse.text(measured[RMSE])} "
        f"(bias baseline {bias_rmse.text(measured[BIAS_RMSE])})"
    )


def _canary(outputs: Outputs) -> str:
    refusals = canary_refusals(outputs)
    if refusals:
        return f"NOT BLESSED, {refusals[0]}"
    report = canary.read_report(Path(sole_uri(outputs, "blessing")))
    if report is None:
        return "blessed"
    return (
        f"blessed, {report.requests} requests answered as offline, "
        f"p99 {report.p99_ms:.1f} ms, {report.memory_mb} MB"
    )


def _pusher(outputs: Outputs) -> str:
    version = pushed_version(outputs)
    if version is None:
        return "not pushed"
    (pushed,) = outputs["pushed_model"]
    ignored = pushed.get_string_custom_property(IGNORED_PROPERTY)
    others = f", ignored what no server can serve: {ignored}" if ignored else ""
    return f"version {version}{others}"


_DESCRIBED_BY: Final[dict[str, Callable[[Any], str]]] = {
    "MovieLensExampleGen": _ingest,
    "StatisticsGen": _statistics,
    "CuratedSchema": _schema,
    "ExampleValidator": _anomalies,
    "AnomalyGate": _gate,
    "DistributionValidator": _drift,
    "DriftGate": _gate,
    "ServingLogGen": _serving_log,
    "ServingStatistics": _statistics,
    "SkewValidator": _skew,
    "SkewGate": _gate,
    "Transform": _transform,
    "Tuner": _tuner,
    "Trainer": _trainer,
    "PushedBaseline": _baseline,
    "BaselineResolver": _baseline,
    "Evaluator": _evaluator,
    "ServingValidator": _canary,
    "InfraValidator": _canary,
    "Pusher": _pusher,
}

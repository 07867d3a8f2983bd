"""A model is judged, tried out and pushed."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import tfx.components
import tfx.types
from tfx.components.util import model_utils
from tfx.dsl.components.common.resolver import Resolver
from tfx.proto import infra_validator_pb2
from tfx.proto.pusher_pb2 import PushDestination

from components.atomic_pusher.component import AtomicPusher
from components.atomic_pusher.executor import IGNORED_PROPERTY
from components.baseline_resolver.strategies import (
    LatestOtherBlessedModelStrategy,
    PresentModelStrategy,
)
from components.evaluator.component import Evaluator
from components.evaluator.eval_config import EXTRACTORS_MODULE, METRIC_MODULE, build_eval_config
from components.evaluator.metrics import ALL_METRICS, BIAS_RMSE, RMSE
from components.evaluator.results import read_results, read_verdict
from components.pushed_baseline.component import PushedBaseline
from components.pushed_baseline.executor import ABSENT_PROPERTY, LEFT_OUT_PROPERTY
from components.serving_validator import report as canary
from components.serving_validator.component import ServingValidator
from pipeline.config import PipelineConfig
from pipeline.fingerprint import fingerprint
from pipeline.nodes.findings import Outputs, says, sole_uri
from serving.contract import SERVING_DEFAULT
from transform_module import features

BASELINE: Final = "BaselineResolver"
PUSHER: Final = "Pusher"
_EVALUATOR: Final = "Evaluator"
_CANARIES: Final = ("ServingValidator", "InfraValidator")  # the pipeline has one of them, or none

EVALUATOR_MODULE: Final = "components.evaluator.component"
# The canary starts the server as a program, so its imports do not lead to all of the server.
CANARY_MODULES: Final = ("components.serving_validator.executor", "serving.server.__main__")


class Judges(NamedTuple):
    """The nodes that find the model to compare with, and the one that measures both."""

    baseline: tuple[Resolver | PushedBaseline, ...]
    evaluator: Evaluator


class Judgement(NamedTuple):
    """What was measured of a model, and whether Evaluator and canary accept it.

    The attributes are those of a `pipeline.run.record.Run`.
    """

    blessed: bool
    failures: Sequence[str]
    metrics: Mapping[str, float] = {}
    errors: Mapping[str, float] = {}
    changes: Mapping[str, float] = {}
    change_errors: Mapping[str, float] = {}
    slices: Sequence[Mapping[str, Any]] = ()


def evaluate(
    config: PipelineConfig,
    examples: tfx.types.BaseChannel,
    model: tfx.types.BaseChannel,
    *,
    has_resolvers: bool = True,
) -> Judges:
    """Judges the model on `test`, also against the baseline."""
    baseline, baseline_model = _find_baseline(config, model, has_resolvers=has_resolvers)
    evaluator = Evaluator(
        examples,
        model,
        baseline_model,
        example_splits=json.dumps([features.SPLIT_TEST]),
        eval_config=build_eval_config(
            config.evaluator, code_fingerprint=fingerprint(EVALUATOR_MODULE, METRIC_MODULE)
        ),
        module_path=EXTRACTORS_MODULE,
    )
    return Judges(baseline, evaluator)


@says(_EVALUATOR)
def _evaluated(outputs: Outputs) -> str:
    folder = sole_uri(outputs, "evaluation")
    measured, verdict = read_results(folder).overall.metrics, read_verdict(folder)
    word = "blessed" if verdict.blessed else "NOT BLESSED"
    rmse, bias_rmse = ALL_METRICS[RMSE], ALL_METRICS[BIAS_RMSE]
    return (
        f"{word}, test {rmse.label} {rmse.text(measured[RMSE])} "
        f"(bias baseline {bias_rmse.text(measured[BIAS_RMSE])})"
    )


def _find_baseline(
    config: PipelineConfig, model: tfx.types.BaseChannel, *, has_resolvers: bool
) -> tuple[tuple[Resolver | PushedBaseline, ...], tfx.types.BaseChannel]:
    """Returns the nodes that find the model to compare with, and its channel."""
    if has_resolvers and config.evaluator.baseline == "last_blessed":
        blessed = Resolver(
            strategy_class=LatestOtherBlessedModelStrategy,
            model=tfx.types.Channel(type=tfx.types.standard_artifacts.Model),
            model_blessing=tfx.types.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
            left_out=tfx.types.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
            pushed_model=tfx.types.Channel(type=tfx.types.standard_artifacts.PushedModel),
            candidate=model,
        ).with_id(BASELINE)
        return (blessed,), blessed.outputs["model"]
    pushed = PushedBaseline(model, base_directory=str(config.serving_model))
    if not has_resolvers:
        return (pushed.with_id(BASELINE),), pushed.outputs["model"]
    present = Resolver(strategy_class=PresentModelStrategy, model=pushed.outputs["model"]).with_id(
        BASELINE
    )
    return (pushed, present), present.outputs["model"]


@says("PushedBaseline", BASELINE)
def _baseline_found(outputs: Outputs) -> str:
    models = outputs.get("model", ())
    has_baseline = any(not each.has_custom_property(ABSENT_PROPERTY) for each in models)
    found = "a blessed model to compare with" if has_baseline else "no earlier blessed model"
    gone = [
        each.get_string_custom_property("current_model") for each in outputs.get("left_out", ())
    ]
    gone += [
        each.get_string_custom_property(LEFT_OUT_PROPERTY)
        for each in models
        if each.has_custom_property(LEFT_OUT_PROPERTY)
    ]
    return f"{found}; left out, for its files are gone: {', '.join(gone)}" if gone else found


def try_out(
    config: PipelineConfig, examples: tfx.types.BaseChannel, model: tfx.types.BaseChannel
) -> ServingValidator | tfx.components.InfraValidator:
    """Has a model server load the model and answer requests before anybody else asks it.

    The InfraValidator starts the real TensorFlow Serving as a pod.
    """
    settings = config.canary
    if settings.validator == "serving":
        return ServingValidator(
            model,
            examples,
            settings=settings.model_dump_json(),
            code_fingerprint=fingerprint(*CANARY_MODULES),
        )
    image, _, tag = settings.image.rpartition(":")
    return tfx.components.InfraValidator(
        model=model,
        examples=examples,
        serving_spec=infra_validator_pb2.ServingSpec(
            tensorflow_serving=infra_validator_pb2.TensorFlowServing(image_name=image, tags=[tag]),
            kubernetes=infra_validator_pb2.KubernetesConfig(),
            model_name=config.pipeline.name,
        ),
        request_spec=infra_validator_pb2.RequestSpec(
            # The only signature that it can ask: one whose one input takes tf.Examples.
            tensorflow_serving=infra_validator_pb2.TensorFlowServingRequestSpec(
                signature_names=[SERVING_DEFAULT]
            ),
            split_name=features.SPLIT_EVAL,
            num_examples=settings.requests,
        ),
        validation_spec=infra_validator_pb2.ValidationSpec(
            max_loading_time_seconds=math.ceil(settings.max_load_seconds)
        ),
    )


def canary_refusals(outputs: Outputs) -> list[str]:
    """Returns why the canary refused the model; empty if it did not."""
    (blessing,) = outputs["blessing"]
    if model_utils.is_infra_validated(blessing):
        return []
    report = canary.read_report(Path(blessing.uri))
    if report is None:
        return ["the model server did not load the model or did not answer; the log says why"]
    return [str(finding) for finding in report.findings]


@says(*_CANARIES)
def _tried_out(outputs: Outputs) -> str:
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


def judge(outputs: Mapping[str, Outputs]) -> Judgement:
    """Judges by artifacts, given by node id and output key."""
    refusals = [
        f"{node_id}: {refusal}"
        for node_id in _CANARIES
        if outputs.get(node_id)
        for refusal in canary_refusals(outputs[node_id])
    ]
    if not outputs.get(_EVALUATOR):
        return Judgement(blessed=False, failures=refusals)
    folder = sole_uri(outputs[_EVALUATOR], "evaluation")
    results, verdict = read_results(folder).to_json_dict(), read_verdict(folder)
    return Judgement(
        blessed=verdict.blessed and not refusals,
        failures=[*map(str, verdict.failures), *refusals],
        **results,
    )


def push(
    config: PipelineConfig,
    model: tfx.types.BaseChannel,
    blessing: tfx.types.BaseChannel,
    infra_blessing: tfx.types.BaseChannel | None,
) -> AtomicPusher:
    """Hands the model to the model servers, if it is blessed."""
    pusher: AtomicPusher = AtomicPusher(
        model=model,
        model_blessing=blessing,
        infra_blessing=infra_blessing,
        push_destination=PushDestination(
            filesystem=PushDestination.Filesystem(base_directory=str(config.serving_model))
        ),
    ).with_id(PUSHER)
    return pusher


def pushed_version(outputs: Outputs) -> int | None:
    """Returns the version that the Pusher pushed; None if it pushed none or has not run."""
    (pushed,) = outputs.get("pushed_model") or [None]
    if pushed is None or not pushed.get_int_custom_property("pushed"):
        return None
    return int(pushed.get_string_custom_property("pushed_version"))


@says(PUSHER)
def _pushed(outputs: Outputs) -> str:
    version = pushed_version(outputs)
    if version is None:
        return "not pushed"
    (pushed,) = outputs["pushed_model"]
    ignored = pushed.get_string_custom_property(IGNORED_PROPERTY)
    others = f", ignored what no server can serve: {ignored}" if ignored else ""
    return f"version {version}{others}"

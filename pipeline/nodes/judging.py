"""A model is judged, tried out and pushed."""

from typing import Final

import tfx.components
import tfx.types
from tfx.dsl.components.common.resolver import Resolver
from tfx.proto.pusher_pb2 import PushDestination

from components.atomic_pusher.component import AtomicPusher
from components.baseline_resolver.strategy import LatestOtherBlessedModelStrategy
from components.evaluator.eval_config import EXTRACTORS_MODULE, METRIC_MODULE, build_eval_config
from components.pushed_baseline.component import PushedBaseline
from components.pushed_baseline.strategy import PresentModelStrategy
from components.serving_validator.component import ServingValidator
from components.serving_validator.infra import infra_validator
from pipeline.config import PipelineConfig
from pipeline.fingerprint import fingerprint
from transform_module import features

_BASELINE_ID: Final = "BaselineResolver"

# The server is a program of its own: nothing that the canary imports leads to all of it.
CANARY_MODULES: Final = ("components.serving_validator.executor", "serving.server.__main__")


def evaluate(
    config: PipelineConfig,
    examples: tfx.types.BaseChannel,
    model: tfx.types.BaseChannel,
    *,
    has_resolvers: bool = True,
) -> tuple[*tuple[Resolver | PushedBaseline, ...], tfx.components.Evaluator]:
    """Judges the model on `test`, also against the baseline, whose node comes before the last."""
    *before, baseline = _baseline(config, model, has_resolvers=has_resolvers)
    evaluator = tfx.components.Evaluator(
        examples=examples,
        model=model,
        baseline_model=baseline.outputs["model"],
        example_splits=[features.SPLIT_TEST],
        eval_config=build_eval_config(
            config.evaluator, code_fingerprint=fingerprint(EXTRACTORS_MODULE, METRIC_MODULE)
        ),
        module_path=EXTRACTORS_MODULE,
    )
    return *before, baseline, evaluator


def _baseline(
    config: PipelineConfig, model: tfx.types.BaseChannel, *, has_resolvers: bool
) -> tuple[Resolver | PushedBaseline, ...]:
    """Finds the model that the candidate has to measure up to, by the last of these nodes."""
    if has_resolvers and config.evaluator.baseline == "last_blessed":
        blessed = Resolver(
            strategy_class=LatestOtherBlessedModelStrategy,
            model=tfx.types.Channel(type=tfx.types.standard_artifacts.Model),
            model_blessing=tfx.types.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
            left_out=tfx.types.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
            pushed_model=tfx.types.Channel(type=tfx.types.standard_artifacts.PushedModel),
            candidate=model,
        )
        return (blessed.with_id(_BASELINE_ID),)
    pushed = PushedBaseline(model, base_directory=str(config.serving_model))
    if not has_resolvers:
        return (pushed.with_id(_BASELINE_ID),)
    present = Resolver(strategy_class=PresentModelStrategy, model=pushed.outputs["model"])
    return pushed, present.with_id(_BASELINE_ID)


def try_out(
    config: PipelineConfig, examples: tfx.types.BaseChannel, model: tfx.types.BaseChannel
) -> ServingValidator | tfx.components.InfraValidator:
    """Has a model server load and answer the model before anybody else asks it."""
    settings = config.canary
    if settings.validator == "serving":
        return ServingValidator(
            model, examples, settings=settings, code_fingerprint=fingerprint(*CANARY_MODULES)
        )
    return infra_validator(model, examples, settings=settings, model_name=config.pipeline.name)


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
    ).with_id("Pusher")
    return pusher

"""`create_pipeline`: one graph of nodes for every runner.

A stage is a function that takes the channels it needs and returns the nodes it adds. User functions
(`preprocessing_fn`, `tuner_fn`, `run_fn`) are named by import path and never imported here; the
fingerprint of their source goes along, because TFX's cache does not look into code.
"""

from pathlib import Path
from typing import Any, Final

# Not `tfx.v1`: it loads Google Cloud's clients too, a third of the time that a node takes to start.
import tfx.components
import tfx.types
from tfx.components.distribution_validator.component import DistributionValidator
from tfx.dsl.components.common.resolver import Resolver
from tfx.orchestration.pipeline import Pipeline
from tfx.proto.pusher_pb2 import PushDestination
from tfx.proto.range_config_pb2 import RangeConfig
from tfx.proto.trainer_pb2 import EvalArgs, TrainArgs
from tfx.proto.transform_pb2 import SplitsConfig

from components.anomaly_gate.component import AnomalyGate
from components.atomic_pusher.component import AtomicPusher
from components.baseline_resolver.statistics_strategy import EarlierStatisticsStrategy
from components.baseline_resolver.strategy import LatestOtherBlessedModelStrategy
from components.curated_schema.component import CuratedSchema
from components.evaluator.eval_config import EXTRACTORS_MODULE, METRIC_MODULE, build_eval_config
from components.movielens_example_gen.component import MovieLensExampleGen
from components.movielens_example_gen.driver import last_spans, spans
from components.pushed_baseline.component import PushedBaseline
from components.serving_validator.component import ServingValidator
from components.serving_validator.infra import infra_validator
from pipeline.config import DataConfig, PipelineConfig
from pipeline.drift import DriftConfig, drift_comparators
from pipeline.fingerprint import fingerprint
from pipeline.metadata.connection import connection_config
from transform_module import features

INGEST_NODE: Final = "MovieLensExampleGen"
SCHEMA_FILE: Final = Path(__file__).parent / "schema" / "schema.pbtxt"
INGEST_MODULE: Final = "components.movielens_example_gen.component"
PREPROCESSING_FN: Final = "transform_module.preprocessing.preprocessing_fn"
TUNER_FN: Final = "trainer_module.tuning.tuner_fn"
RUN_FN: Final = "trainer_module.entrypoint.run_fn"
# The server is a program of its own: nothing that the canary imports leads to all of it.
CANARY_MODULES: Final = ("components.serving_validator.executor", "serving.server.__main__")

# A new genre is news, not a fault: its movies train with the genres that the list knows.
TOLERATED_ANOMALIES: Final = {features.GENRES: ("ENUM_TYPE_UNEXPECTED_STRING_VALUES",)}


def create_pipeline(config: PipelineConfig) -> Pipeline:
    """Composes the pipeline, the same graph for every runner.

    Args:
        config: all options; only roots, metadata connection and Beam arguments differ by platform.

    Raises:
        ModuleNotFoundError: a module that is named by import path does not exist.
    """
    example_gen = _ingest(config)
    examples = example_gen.outputs["examples"]
    validation = _validate(examples)
    schema_gen, gate = validation[1], validation[-1]
    transform = _transform(config, examples, schema_gen.outputs["schema"])
    transform.add_upstream_node(gate)
    drift = _compare(config.drift, validation[0]) if config.drift.enabled else ()
    if drift:
        transform.add_upstream_node(drift[-1])
    tuner = _tune(config, transform) if config.tuner.enabled else None
    trainer = _train(config, transform, tuner)
    model = trainer.outputs["model"]
    baseline, evaluator = _evaluate(config, examples, model)
    canary = _try_out(config, examples, model) if config.canary.enabled else None
    infra_blessing = canary.outputs["blessing"] if canary else None
    pusher = _push(config, model, evaluator.outputs["blessing"], infra_blessing)
    return Pipeline(
        pipeline_name=config.pipeline.name,
        pipeline_root=str(config.pipeline_root),
        components=[
            example_gen,
            *validation,
            *drift,
            transform,
            *([tuner] if tuner else []),
            trainer,
            baseline,
            evaluator,
            *([canary] if canary else []),
            pusher,
        ],
        enable_cache=True,
        metadata_connection_config=connection_config(config),
        beam_pipeline_args=list(config.beam.args),
    )


def _ingest(config: PipelineConfig) -> MovieLensExampleGen:
    return MovieLensExampleGen(
        str(config.input_base),
        config=config.ingest,
        quarantine_dir=str(config.output / "quarantine"),
        range_config=_spans(config.data),
        code_fingerprint=fingerprint(INGEST_MODULE),
    )


def _spans(data: DataConfig) -> RangeConfig | None:
    """The spans to read; None leaves the newest to TFX, or where there are no spans."""
    if data.span is not None:
        return spans(data.span - data.window + 1, data.span)
    return last_spans(data.window) if data.window > 1 else None


def _validate(
    examples: tfx.types.BaseChannel,
) -> tuple[
    tfx.components.StatisticsGen, CuratedSchema, tfx.components.ExampleValidator, AnomalyGate
]:
    """Statistics against the curated schema; anomalies stop the run."""
    # The catalogue has no ratings: to the schema it would be nothing but missing features.
    statistics_gen = tfx.components.StatisticsGen(
        examples=examples, exclude_splits=[features.SPLIT_CATALOGUE]
    )
    schema_gen = CuratedSchema(SCHEMA_FILE)
    example_validator = tfx.components.ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema_gen.outputs["schema"]
    )
    gate = AnomalyGate(
        example_validator.outputs["anomalies"],
        tolerated=TOLERATED_ANOMALIES,
        remedy="Mend the data, or the schema where the data are right",
    )
    return statistics_gen, schema_gen, example_validator, gate


def _compare(
    config: DriftConfig, statistics_gen: tfx.components.StatisticsGen
) -> tuple[Resolver, DistributionValidator, AnomalyGate]:
    """Statistics against those of the span before; drift stops the run."""
    statistics = statistics_gen.outputs["statistics"]
    earlier = Resolver(
        strategy_class=EarlierStatisticsStrategy,
        statistics=tfx.types.Channel(type=tfx.types.standard_artifacts.ExampleStatistics),
        candidate=statistics,
    ).with_id("EarlierStatistics")
    validator = DistributionValidator(
        statistics=statistics,
        baseline_statistics=earlier.outputs["statistics"].as_optional(),  # a first span has none
        config=drift_comparators(config),
        include_split_pairs=[(features.SPLIT_TRAIN, features.SPLIT_TRAIN)],
    )
    gate: AnomalyGate = AnomalyGate(
        validator.outputs["anomalies"],
        tolerated={},
        remedy="See what changed in the data; where the change is right, raise its threshold in "
        "the section [drift]",
    ).with_id("DriftGate")
    return earlier, validator, gate


def _transform(
    config: PipelineConfig, examples: tfx.types.BaseChannel, schema: tfx.types.BaseChannel
) -> tfx.components.Transform:
    return tfx.components.Transform(
        examples=examples,
        schema=schema,
        preprocessing_fn=PREPROCESSING_FN,
        splits_config=SplitsConfig(
            analyze=[features.SPLIT_TRAIN],
            transform=[*features.RATING_SPLITS, features.SPLIT_CATALOGUE],
        ),
        custom_config={
            "transform": config.transform.to_dict(),
            "fingerprint": _module_fingerprint(PREPROCESSING_FN),
        },
        # StatisticsGen has seen the raw features; the transformed ones are covered by tests.
        disable_statistics=True,
        disable_analyzer_cache=True,
    )


def _tune(config: PipelineConfig, transform: tfx.components.Transform) -> tfx.components.Tuner:
    """Looks for better hyper-parameters, on what the Trainer is given."""
    return tfx.components.Tuner(
        tuner_fn=TUNER_FN,
        custom_config={
            "config": config.trainer.to_dict(),
            "tuner": config.tuner.to_dict(),
            "fingerprint": _module_fingerprint(TUNER_FN),
        },
        **_training_data(transform),
    )


def _train(
    config: PipelineConfig,
    transform: tfx.components.Transform,
    tuner: tfx.components.Tuner | None,
) -> tfx.components.Trainer:
    """Trains on `train`, stops by `eval`, with what the Tuner found if there is one."""
    return tfx.components.Trainer(
        run_fn=RUN_FN,
        hyperparameters=tuner.outputs["best_hyperparameters"] if tuner else None,
        custom_config={
            "config": config.trainer.to_dict(),
            "fingerprint": _module_fingerprint(RUN_FN),
        },
        **_training_data(transform),
    )


def _training_data(transform: tfx.components.Transform) -> dict[str, Any]:
    """What Tuner and Trainer read; the catalogue comes along as files of the train split."""
    return {
        "examples": transform.outputs["transformed_examples"],
        "transform_graph": transform.outputs["transform_graph"],
        "train_args": TrainArgs(splits=[features.SPLIT_TRAIN, features.SPLIT_CATALOGUE]),
        "eval_args": EvalArgs(splits=[features.SPLIT_EVAL]),
    }


def _evaluate(
    config: PipelineConfig, examples: tfx.types.BaseChannel, model: tfx.types.BaseChannel
) -> tuple[Resolver | PushedBaseline, tfx.components.Evaluator]:
    """Judges the model on `test`, also against the baseline."""
    baseline = _baseline(config, model)
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
    return baseline, evaluator


def _baseline(config: PipelineConfig, model: tfx.types.BaseChannel) -> Resolver | PushedBaseline:
    """Finds the model that the candidate has to measure up to."""
    if config.evaluator.baseline == "last_pushed":
        node = PushedBaseline(model, base_directory=str(config.serving_model))
    else:
        node = Resolver(
            strategy_class=LatestOtherBlessedModelStrategy,
            model=tfx.types.Channel(type=tfx.types.standard_artifacts.Model),
            model_blessing=tfx.types.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
            candidate=model,
        )
    return node.with_id("BaselineResolver")


def _try_out(
    config: PipelineConfig, examples: tfx.types.BaseChannel, model: tfx.types.BaseChannel
) -> ServingValidator | tfx.components.InfraValidator:
    """Has a model server load and answer the model before anybody else asks it."""
    settings = config.canary
    if settings.validator == "serving":
        return ServingValidator(
            model, examples, settings=settings, code_fingerprint=fingerprint(*CANARY_MODULES)
        )
    return infra_validator(model, examples, settings=settings, model_name=config.pipeline.name)


def _push(
    config: PipelineConfig,
    model: tfx.types.BaseChannel,
    blessing: tfx.types.BaseChannel,
    infra_blessing: tfx.types.BaseChannel | None,
) -> AtomicPusher:
    pusher: AtomicPusher = AtomicPusher(
        model=model,
        model_blessing=blessing,
        infra_blessing=infra_blessing,
        push_destination=PushDestination(
            filesystem=PushDestination.Filesystem(base_directory=str(config.serving_model))
        ),
    ).with_id("Pusher")
    return pusher


def _module_fingerprint(function: str) -> str:
    return fingerprint(function.rpartition(".")[0])

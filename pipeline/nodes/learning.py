"""Features are computed and a model learns from them.

User functions (`preprocessing_fn`, `tuner_fn`, `run_fn`) are named by import path and never
imported here.
"""

import json
from pathlib import Path
from typing import Any, Final

import tensorflow_transform as tft
import tfx.components
import tfx.types
from tfx.proto.trainer_pb2 import EvalArgs, TrainArgs
from tfx.proto.transform_pb2 import SplitsConfig

from pipeline.config import PipelineConfig
from pipeline.fingerprint import fingerprint
from pipeline.nodes.findings import Outputs, says, sole_uri
from transform_module import features

PREPROCESSING_FN: Final = "transform_module.preprocessing.preprocessing_fn"
TUNER_FN: Final = "trainer_module.tuning.tuner.tuner_fn"
RUN_FN: Final = "trainer_module.entrypoint.run_fn"


def transform_features(
    config: PipelineConfig, examples: tfx.types.BaseChannel, schema: tfx.types.BaseChannel
) -> tfx.components.Transform:
    """Computes the graph of all features, with statistics of `train` alone.

    Those who need features apply the graph to the examples: no transformed ones are written.
    """
    return tfx.components.Transform(
        examples=examples,
        schema=schema,
        preprocessing_fn=PREPROCESSING_FN,
        splits_config=SplitsConfig(analyze=[features.SPLIT_TRAIN]),
        materialize=False,
        custom_config={
            "transform": config.transform.model_dump(),
            "fingerprint": _module_fingerprint(PREPROCESSING_FN),
        },
        # StatisticsGen has seen the raw features; the transformed ones are covered by tests.
        disable_statistics=True,
        disable_analyzer_cache=True,
    )


@says("Transform")
def _transformed(outputs: Outputs) -> str:
    graph = tft.TFTransformOutput(sole_uri(outputs, "transform_graph"))
    return f"{len(graph.transformed_feature_spec())} transformed features"


def tune(
    config: PipelineConfig,
    examples: tfx.types.BaseChannel,
    transform: tfx.components.Transform,
) -> tfx.components.Tuner:
    """Looks for better hyper-parameters, on what the Trainer is given."""
    return tfx.components.Tuner(
        tuner_fn=TUNER_FN,
        custom_config={
            "config": config.trainer.model_dump(mode="json"),
            "tuner": config.tuner.model_dump(),
            "fingerprint": _module_fingerprint(TUNER_FN),
        },
        **_training_data(examples, transform),
    )


@says("Tuner")
def _tuned(outputs: Outputs) -> str:
    path = Path(sole_uri(outputs, "tuner_results")) / "tuner_results.json"
    trials: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    best = trials[0]  # the executor writes them in order
    configured = next(trial for trial in trials if int(trial["trial_id"]) == 0)
    error = "log loss" if best["objective"] == "cross_entropy" else "RMSE"
    found = f"best of {len(trials)} trials: eval {error} {best['score']:.4f}"
    changed = [
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in best.items()
        if name not in ("trial_id", "score") and value != configured[name]
    ]
    if not changed:
        return f"{found}, with the configured values"
    return f"{found}, {configured['score']:.4f} with the configured values; {', '.join(changed)}"


def train(
    config: PipelineConfig,
    examples: tfx.types.BaseChannel,
    transform: tfx.components.Transform,
    tuner: tfx.components.Tuner | None,
) -> tfx.components.Trainer:
    """Trains on `train`, stops by `eval`, with what the Tuner found."""
    return tfx.components.Trainer(
        run_fn=RUN_FN,
        hyperparameters=tuner.outputs["best_hyperparameters"] if tuner else None,
        custom_config={
            "config": config.trainer.model_dump(mode="json"),
            "fingerprint": _module_fingerprint(RUN_FN),
        },
        **_training_data(examples, transform),
    )


@says("Trainer")
def _trained(outputs: Outputs) -> str:
    # The trainer's code is named by import path only, so its report is read as the JSON it is.
    path = Path(sole_uri(outputs, "model_run")) / "training.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    return (
        f"best epoch {report['best_epoch']} of {report['epochs']}, "
        f"eval RMSE {report['eval_rmse']:.4f}"
    )


def _training_data(
    examples: tfx.types.BaseChannel, transform: tfx.components.Transform
) -> dict[str, Any]:
    """Returns the inputs of Tuner and Trainer; the train split brings the catalogue's files."""
    return {
        "examples": examples,
        "transform_graph": transform.outputs["transform_graph"],
        "train_args": TrainArgs(splits=[features.SPLIT_TRAIN, features.SPLIT_CATALOGUE]),
        "eval_args": EvalArgs(splits=[features.SPLIT_EVAL]),
    }


def _module_fingerprint(function: str) -> str:
    return fingerprint(function.rpartition(".")[0])

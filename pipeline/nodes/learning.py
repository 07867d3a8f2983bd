"""Features are computed and a model learns from them.

User functions (`preprocessing_fn`, `tuner_fn`, `run_fn`) are named by import path and never
imported here.
"""

from typing import Any, Final

import tfx.components
import tfx.types
from tfx.proto.trainer_pb2 import EvalArgs, TrainArgs
from tfx.proto.transform_pb2 import SplitsConfig

from pipeline.config import PipelineConfig
from pipeline.fingerprint import fingerprint
from transform_module import features

PREPROCESSING_FN: Final = "transform_module.preprocessing.preprocessing_fn"
TUNER_FN: Final = "trainer_module.tuning.tuner.tuner_fn"
RUN_FN: Final = "trainer_module.entrypoint.run_fn"


def transform_features(
    config: PipelineConfig, examples: tfx.types.BaseChannel, schema: tfx.types.BaseChannel
) -> tfx.components.Transform:
    """Computes features, with statistics of `train` alone."""
    return tfx.components.Transform(
        examples=examples,
        schema=schema,
        preprocessing_fn=PREPROCESSING_FN,
        splits_config=SplitsConfig(
            analyze=[features.SPLIT_TRAIN],
            transform=[*features.RATING_SPLITS, features.SPLIT_CATALOGUE],
        ),
        custom_config={
            "transform": config.transform.model_dump(),
            "fingerprint": _module_fingerprint(PREPROCESSING_FN),
        },
        # StatisticsGen has seen the raw features; the transformed ones are covered by tests.
        disable_statistics=True,
        disable_analyzer_cache=True,
    )


def tune(config: PipelineConfig, transform: tfx.components.Transform) -> tfx.components.Tuner:
    """Looks for better hyper-parameters, on what the Trainer is given."""
    return tfx.components.Tuner(
        tuner_fn=TUNER_FN,
        custom_config={
            "config": config.trainer.model_dump(mode="json"),
            "tuner": config.tuner.model_dump(),
            "fingerprint": _module_fingerprint(TUNER_FN),
        },
        **_training_data(transform),
    )


def train(
    config: PipelineConfig,
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


def _module_fingerprint(function: str) -> str:
    return fingerprint(function.rpartition(".")[0])

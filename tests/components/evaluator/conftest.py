"""A model that says what each example tells it to say, and TFMA runs of it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
import tensorflow as tf
from apache_beam.options.pipeline_options import PipelineOptions
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.api import model_eval_lib
from tensorflow_model_analysis.utils import config_util
from tfx_bsl.tfxio import tf_example_record

from components.evaluator.eval_config import build_eval_config
from components.evaluator.extractors import custom_extractors
from components.evaluator.keep_predictions import keeping_predictions
from components.evaluator.settings import EvaluatorSettings

Row = Mapping[str, Any]
Evaluate = Callable[..., Path]

_ONE_INT = tf.io.FixedLenFeature([1], tf.int64)
_ONE_FLOAT = tf.io.FixedLenFeature([1], tf.float32)
_ONE_STRING = tf.io.FixedLenFeature([1], tf.string)
_FEATURES = {
    "user_id": _ONE_INT,
    "movie_id": _ONE_INT,
    "rating": _ONE_FLOAT,
    "bias_rating": _ONE_FLOAT,
    "predicted_rating": _ONE_FLOAT,
    "liked_score": _ONE_FLOAT,
    "user_activity": _ONE_STRING,
    "movie_popularity": _ONE_STRING,
    "release_decade": _ONE_STRING,
}
_EXAMPLES = [tf.TensorSpec([None], tf.string, name="examples")]


class ObedientModel(tf.Module):
    """Predicts what the example's `predicted_rating` says, plus a constant error in stars."""

    def __init__(self, error: float) -> None:
        super().__init__()
        self._error = error

    @tf.function(input_signature=_EXAMPLES)
    def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        parsed = tf.io.parse_example(examples, _FEATURES)
        return {
            "rating": tf.squeeze(parsed["predicted_rating"] + self._error, 1),
            "liked": tf.squeeze(parsed["liked_score"], 1),
        }

    @tf.function(input_signature=_EXAMPLES)
    def transform(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        parsed = tf.io.parse_example(examples, _FEATURES)
        transformed = {
            name: value
            for name, value in parsed.items()
            if name not in ("predicted_rating", "liked_score")
        }
        return {**transformed, "liked": tf.cast(parsed["rating"] >= 4, tf.float32)}


@pytest.fixture(scope="session")
def export_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[float], Path]:
    """Exports a model whose every rating is off by a constant."""
    exported: dict[float, Path] = {}

    def export(error: float) -> Path:
        if error not in exported:
            model = ObedientModel(error)
            exported[error] = tmp_path_factory.mktemp("model")
            signatures = {"serving_default": model.serve, "transform_features": model.transform}
            tf.saved_model.save(model, str(exported[error]), signatures=signatures)
        return exported[error]

    return export


@pytest.fixture(scope="session")
def evaluate(
    export_model: Callable[[float], Path], tmp_path_factory: pytest.TempPathFactory
) -> Evaluate:
    """Evaluates a model on rows as the Evaluator does; gives the evaluation's folder.

    `error` is the model's, `blessed_error` that of the last blessed model, where there is one;
    with `keep` the folder `predictions` in it gets the predictions.
    """

    def run(
        rows: Sequence[Row],
        settings: EvaluatorSettings,
        *,
        error: float = 0.0,
        blessed_error: float | None = None,
        keep: bool = False,
    ) -> Path:
        folder = tmp_path_factory.mktemp("evaluation")
        examples = folder / "examples.gz"
        _write_examples(rows, examples)
        config = config_util.update_eval_config_with_defaults(
            build_eval_config(settings),
            has_baseline=blessed_error is not None,
            rubber_stamp=True,
        )
        errors: dict[str, Any] = {"": error, "candidate": error, "baseline": blessed_error}
        models = [
            model_eval_lib.default_eval_shared_model(
                str(export_model(errors[spec.name])), model_name=spec.name, eval_config=config
            )
            for spec in config.model_specs
        ]
        out = folder / "out"
        with keeping_predictions(str(out / "predictions")) if keep else nullcontext():
            _run_tfma(examples, models if len(models) > 1 else models[0], config, out)
        return out

    return run


def _run_tfma(examples: Path, models: Any, config: Any, folder: Path) -> None:
    source = tf_example_record.TFExampleRecord(
        str(examples), raw_record_column_name=constants.ARROW_INPUT_COLUMN
    )
    options = PipelineOptions(["--runner=DirectRunner", "--direct_running_mode=in_memory"])
    with beam.Pipeline(options=options) as pipeline:
        _ = (
            pipeline
            | source.BeamSource()
            | model_eval_lib.ExtractEvaluateAndWriteResults(
                eval_shared_model=models,
                eval_config=config,
                extractors=custom_extractors(models, config),
                output_path=str(folder),
            )
        )


def _write_examples(rows: Sequence[Row], path: Path) -> None:
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for row in rows:
            example = tf.train.Example(
                features=tf.train.Features(
                    feature={name: _feature(value) for name, value in row.items() if value != []}
                )
            )
            writer.write(example.SerializeToString())


def _feature(value: Any) -> tf.train.Feature:
    values = value if isinstance(value, list) else [value]
    match values[0]:
        case str():
            texts = [text.encode() for text in values]
            return tf.train.Feature(bytes_list=tf.train.BytesList(value=texts))
        case int():
            return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
        case _:
            return tf.train.Feature(float_list=tf.train.FloatList(value=values))

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.proto.config_pb2 import EvalConfig
from tensorflow_model_analysis.utils import config_util

from components.evaluator.eval_config import build_eval_config
from components.evaluator.extractors import (
    candidate_first,
    custom_extractors,
    drop_histories,
    name_examples,
)
from components.evaluator.settings import EvaluatorSettings


@pytest.fixture
def config() -> config_pb2.EvalConfig:
    return config_util.update_eval_config_with_defaults(
        build_eval_config(EvaluatorSettings()), has_baseline=False, rubber_stamp=True
    )


def test_batches_are_never_taken_apart(config: EvalConfig) -> None:
    stages = [extractor.stage_name for extractor in custom_extractors(None, config)]
    assert "ExtractUnbatchedInputs" not in stages
    assert stages.count("ExtractSliceKeys") == 1  # ours: TFMA's evaluator runs after that name
    assert stages[-1] == "ExtractSliceKeys"


def test_examples_are_named_once_read_and_before_the_model_is_called(config: EvalConfig) -> None:
    stages = [extractor.stage_name for extractor in custom_extractors(None, config)]
    assert stages[:3] == ["DropHistories", "ExtractFeatures", "NameExamples"]


def test_the_candidate_comes_before_the_baseline() -> None:
    specs = [
        config_pb2.ModelSpec(name="baseline", is_baseline=True),
        config_pb2.ModelSpec(name="candidate"),
    ]
    assert candidate_first(config_pb2.EvalConfig(model_specs=specs)) == ["candidate", "baseline"]


def test_histories_are_dropped_from_a_copy_and_may_be_absent() -> None:
    columns = {"rating": [[4.0]], "history_movie_ids": [[1, 2]]}
    batch: dict[str, Any] = {constants.ARROW_RECORD_BATCH_KEY: pa.RecordBatch.from_pydict(columns)}
    dropped = drop_histories(batch)
    assert dropped[constants.ARROW_RECORD_BATCH_KEY].to_pydict() == {"rating": [[4.0]]}
    assert batch[constants.ARROW_RECORD_BATCH_KEY].to_pydict() == columns
    assert drop_histories(dropped) == dropped


def test_naming_adds_the_serialized_examples_to_a_copy() -> None:
    serialized, genres = np.array([b"one", b"two"], dtype=object), np.array([[b"War"], [b"Drama"]])
    batch: dict[str, Any] = {
        constants.INPUT_KEY: serialized,
        constants.FEATURES_KEY: {"genres": genres},
    }
    named = name_examples(batch)
    assert named[constants.FEATURES_KEY]["examples"] is serialized
    assert named[constants.FEATURES_KEY]["genres"] is genres
    assert list(batch[constants.FEATURES_KEY]) == ["genres"]

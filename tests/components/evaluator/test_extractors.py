import pytest
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.utils import config_util

from components.evaluator.eval_config import build_eval_config
from components.evaluator.extractors import custom_extractors
from components.evaluator.settings import EvaluatorSettings


@pytest.fixture
def config() -> config_pb2.EvalConfig:
    return config_util.update_eval_config_with_defaults(
        build_eval_config(EvaluatorSettings()), has_baseline=False, rubber_stamp=True
    )


def test_batches_are_never_taken_apart(config):
    stages = [extractor.stage_name for extractor in custom_extractors(None, config)]
    assert "ExtractUnbatchedInputs" not in stages
    assert stages.count("ExtractSliceKeys") == 1  # ours: TFMA's evaluator runs after that name
    assert stages[-1] == "ExtractSliceKeys"


@pytest.mark.parametrize(
    "spec",
    [
        config_pb2.SlicingSpec(feature_keys=["genres", "user_activity"]),
        config_pb2.SlicingSpec(feature_values={"genres": "War"}),
    ],
)
def test_crossed_and_single_value_slices_are_refused(config, spec):
    config.slicing_specs.append(spec)
    with pytest.raises(ValueError, match=r"one feature key at a time.*genres"):
        custom_extractors(None, config)

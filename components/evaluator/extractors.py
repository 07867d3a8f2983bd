"""The extractors of the evaluation; the TFX Evaluator calls `custom_extractors`."""

from collections.abc import Mapping
from typing import Any, Final

import apache_beam as beam
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.api import model_eval_lib
from tensorflow_model_analysis.extractors import slice_key_extractor, unbatch_extractor
from tensorflow_model_analysis.extractors.extractor import Extractor
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.batch_slicing import SliceBatch
from components.evaluator.slices import OVERALL, slicing_of
from serving.contract import EXAMPLES

_ROW_BY_ROW_STAGES: Final = frozenset(
    {
        unbatch_extractor.UNBATCH_EXTRACTOR_STAGE_NAME,
        slice_key_extractor.SLICE_KEY_EXTRACTOR_STAGE_NAME,
    }
)


def custom_extractors(
    eval_shared_model: Any,
    eval_config: config_pb2.EvalConfig,
    tensor_adapter_config: Any = None,
) -> list[Extractor]:
    """Returns TFMA's extractors, with batch slicing in place of the row-by-row stages.

    The Evaluator looks for a function of this name in the module of its `module_path`. Each slicing
    spec of `build_eval_config` has one feature key, the name of a slicing, or none.
    """
    read_features, *others = model_eval_lib.default_extractors(
        eval_shared_model=eval_shared_model,
        eval_config=eval_config,
        tensor_adapter_config=tensor_adapter_config,
    )
    slice_batch = SliceBatch(
        model_names=candidate_first(eval_config),
        slicings=[
            slicing_of(spec.feature_keys[0] if spec.feature_keys else OVERALL)
            for spec in eval_config.slicing_specs
        ],
    )
    return [
        read_features,
        Extractor(stage_name="NameExamples", ptransform=beam.Map(name_examples)),
        *(e for e in others if e.stage_name not in _ROW_BY_ROW_STAGES),
        Extractor(
            # TFMA's evaluator runs only after a stage of this name.
            stage_name=slice_key_extractor.SLICE_KEY_EXTRACTOR_STAGE_NAME,
            ptransform=beam.ParDo(slice_batch),
        ),
    ]


def candidate_first(eval_config: config_pb2.EvalConfig) -> list[str]:
    """Returns the names of the models, the candidate before the baseline."""
    specs = sorted(eval_config.model_specs, key=lambda spec: bool(spec.is_baseline))
    return [spec.name for spec in specs]


def name_examples(batch: Mapping[str, Any]) -> dict[str, Any]:
    """Adds the serialized examples to a batch's features, named as the input of the signatures.

    Otherwise TFMA calls the signatures by position first, and TensorFlow formats an error message
    with every byte of the batch. This took two thirds of the time at 200,000 rows.
    """
    examples = batch[constants.INPUT_KEY]
    named = {**batch[constants.FEATURES_KEY], EXAMPLES: examples}
    return {**batch, constants.FEATURES_KEY: named}

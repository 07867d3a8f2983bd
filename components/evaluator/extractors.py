"""The extractors of the evaluation, as the TFX Evaluator asks for them."""

from typing import Any

import apache_beam as beam
from tensorflow_model_analysis.api import model_eval_lib
from tensorflow_model_analysis.extractors import slice_key_extractor, unbatch_extractor
from tensorflow_model_analysis.extractors.extractor import Extractor
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.batch_slicing import SliceBatch
from components.evaluator.slice_names import OVERALL

_ROW_BY_ROW_STAGES = frozenset(
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
    """TFMA's extractors with batch slicing in place of the row-by-row stages.

    The Evaluator finds this function by its name in the module that its `module_path` names.

    Args:
        eval_shared_model: The model to evaluate, or the candidate and the baseline.
        eval_config: What to evaluate, with TFMA's defaults filled in; each slicing spec must be the
            overall one or a single feature key.
        tensor_adapter_config: How to read raw features, where the Evaluator is given a schema.

    Raises:
        ValueError: A slicing spec is of another kind.
    """
    extractors = model_eval_lib.default_extractors(
        eval_shared_model=eval_shared_model,
        eval_config=eval_config,
        tensor_adapter_config=tensor_adapter_config,
    )
    candidate_first = sorted(eval_config.model_specs, key=lambda spec: bool(spec.is_baseline))
    slice_batch = SliceBatch(
        model_names=[spec.name for spec in candidate_first],
        slice_features=[_slice_feature(spec) for spec in eval_config.slicing_specs],
    )
    return [
        *(e for e in extractors if e.stage_name not in _ROW_BY_ROW_STAGES),
        Extractor(
            # TFMA's evaluator insists on running after a stage of this name.
            stage_name=slice_key_extractor.SLICE_KEY_EXTRACTOR_STAGE_NAME,
            ptransform=beam.ParDo(slice_batch),
        ),
    ]


def _slice_feature(spec: config_pb2.SlicingSpec) -> str:
    if spec.feature_values or spec.slice_keys_sql or len(spec.feature_keys) > 1:
        raise ValueError(
            "Batches are sliced by one feature key at a time. Received the slicing spec "
            f"{str(spec).strip()!r}; use a single `feature_keys` entry, or none for all rows."
        )
    return spec.feature_keys[0] if spec.feature_keys else OVERALL

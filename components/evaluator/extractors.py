"""The extractors of the evaluation slice whole batches, which keeps it fast.

TFMA takes a batch apart into one dict for each rating, copies the dict to each of its slices (about
seven) and calls Python combiners for every copy. Here a batch stays arrays: each slice that occurs
in it gets one extract with its rows, so that Python's work grows with slices, not with rows.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import apache_beam as beam
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.api import model_eval_lib
from tensorflow_model_analysis.extractors import slice_key_extractor, unbatch_extractor
from tensorflow_model_analysis.extractors.extractor import Extractor
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from components.evaluator.batches import Batch
from components.evaluator.keep_predictions import KeepPredictions, wanted_folder
from components.evaluator.slices import OVERALL, Slicing, slicing_of
from serving.contract import EXAMPLES
from transform_module import features

SliceKey = tuple[tuple[str, str], ...]

ROWS_KEY: Final = "rated_rows"  # in the extracts that SliceBatch yields: {model name: RatedRows}
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
    names = candidate_first(eval_config)
    slicings = [
        slicing_of(spec.feature_keys[0] if spec.feature_keys else OVERALL)
        for spec in eval_config.slicing_specs
    ]
    folder = wanted_folder()
    keeping = [] if folder is None else [KeepPredictions(folder, names, slicings)]
    return [
        Extractor(stage_name="DropHistories", ptransform=beam.Map(drop_histories)),
        read_features,
        Extractor(stage_name="NameExamples", ptransform=beam.Map(name_examples)),
        *(e for e in others if e.stage_name not in _ROW_BY_ROW_STAGES),
        *(Extractor(stage_name="KeepPredictions", ptransform=keep) for keep in keeping),
        Extractor(
            # TFMA's evaluator runs only after a stage of this name.
            stage_name=slice_key_extractor.SLICE_KEY_EXTRACTOR_STAGE_NAME,
            ptransform=beam.ParDo(SliceBatch(names, slicings)),
        ),
    ]


def drop_histories(batch: Mapping[str, Any]) -> dict[str, Any]:
    """Drops the histories from a batch's record batch.

    TFMA would turn them into tensors. They are most of the values of a row, and only the model
    needs them, which reads the serialized examples.
    """
    table: pa.RecordBatch = batch[constants.ARROW_RECORD_BATCH_KEY]
    histories = {features.HISTORY_MOVIE_IDS, features.HISTORY_RATINGS} & set(table.schema.names)
    return {**batch, constants.ARROW_RECORD_BATCH_KEY: table.drop_columns(list(histories))}


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


class SliceBatch(beam.DoFn):
    """Yields one extract with its rows for every slice that occurs in a batch of extracts."""

    def __init__(self, model_names: Sequence[str], slicings: Sequence[Slicing]) -> None:
        super().__init__()
        self._model_names = tuple(model_names)
        self._slicings = tuple(slicings)

    def process(self, extracts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yields `{slice keys: [one key], ROWS_KEY: {model name: RatedRows}}` for each slice."""
        batch = Batch(extracts, self._model_names)
        rows_by_model = {name: batch.rated_rows(name) for name in self._model_names}
        for slicing in self._slicings:
            for slice_key, positions in _slices(batch, slicing.name):
                yield {
                    constants.SLICE_KEY_TYPES_KEY: slicer_lib.slice_keys_to_numpy_array(
                        [slice_key]
                    ),
                    ROWS_KEY: {
                        name: rows.take(positions, whole_users=slicing.has_whole_users)
                        for name, rows in rows_by_model.items()
                    },
                }


def _slices(batch: Batch, feature: str) -> Iterator[tuple[SliceKey, NDArray[np.intp]]]:
    """Yields the key of each value of a feature, and the ascending positions of its rows."""
    if feature == OVERALL:
        yield (), np.arange(len(batch))
        return
    values = batch.values_of(feature)
    for group, name in enumerate(values.names):
        if name:
            # Once, even for a movie that lists a genre twice.
            yield ((feature, name),), np.unique(values.rows[values.groups == group])

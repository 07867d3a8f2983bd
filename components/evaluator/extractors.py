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
from tensorflow_model_analysis.api import model_eval_lib, types
from tensorflow_model_analysis.extractors import slice_key_extractor, unbatch_extractor
from tensorflow_model_analysis.extractors.extractor import Extractor
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from components.evaluator.rated_rows import RatedRows
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
    slice_batch = SliceBatch(
        model_names=candidate_first(eval_config),
        slicings=[
            slicing_of(spec.feature_keys[0] if spec.feature_keys else OVERALL)
            for spec in eval_config.slicing_specs
        ],
    )
    return [
        Extractor(stage_name="DropHistories", ptransform=beam.Map(drop_histories)),
        read_features,
        Extractor(stage_name="NameExamples", ptransform=beam.Map(name_examples)),
        *(e for e in others if e.stage_name not in _ROW_BY_ROW_STAGES),
        Extractor(
            # TFMA's evaluator runs only after a stage of this name.
            stage_name=slice_key_extractor.SLICE_KEY_EXTRACTOR_STAGE_NAME,
            ptransform=beam.ParDo(slice_batch),
        ),
    ]


def drop_histories(batch: Mapping[str, Any]) -> dict[str, Any]:
    """Drops the histories from a batch's record batch.

    Only the model needs them, and it reads the serialized examples. To convert them would take ten
    times as long as to convert all other columns.
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
    """Yields one extract with its rows for every slice that occurs in a batch of extracts.

    The first model is the candidate. Its features decide which slice a row is in, so that two
    models that group users differently are compared on the same rows.
    """

    def __init__(self, model_names: Sequence[str], slicings: Sequence[Slicing]) -> None:
        super().__init__()
        self._model_names = tuple(model_names)
        self._slicings = tuple(slicings)

    def process(self, batch: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yields `{slice keys: [one key], ROWS_KEY: {model name: RatedRows}}` for each slice."""
        rows_by_model = {name: self._rated_rows(batch, name) for name in self._model_names}
        transformed = self._of_model(
            batch, constants.TRANSFORMED_FEATURES_KEY, self._model_names[0]
        )
        raw = batch[constants.FEATURES_KEY]
        for slicing in self._slicings:
            name = slicing.name
            column = transformed.get(name, raw.get(name))
            for slice_key, positions in _slices(name, column, len(batch[constants.INPUT_KEY])):
                yield {
                    constants.SLICE_KEY_TYPES_KEY: slicer_lib.slice_keys_to_numpy_array(
                        [slice_key]
                    ),
                    ROWS_KEY: {
                        name: rows.take(positions, whole_users=slicing.has_whole_users)
                        for name, rows in rows_by_model.items()
                    },
                }

    def _of_model(self, batch: Mapping[str, Any], extract: str, name: str) -> Mapping[str, Any]:
        values: Mapping[str, Any] = batch[extract]
        # TFMA keys these extracts by model only if there is more than one.
        return values if len(self._model_names) == 1 else values[name]

    def _rated_rows(self, batch: Mapping[str, Any], name: str) -> RatedRows:
        transformed = self._of_model(batch, constants.TRANSFORMED_FEATURES_KEY, name)
        predictions = self._of_model(batch, constants.PREDICTIONS_KEY, name)
        labels = self._of_model(batch, constants.LABELS_KEY, name)
        model = name or "candidate"
        return RatedRows(
            user_ids=_column(transformed, features.USER_ID, model).astype(np.int64),
            movie_ids=_column(transformed, features.MOVIE_ID, model).astype(np.int64),
            ratings=_column(labels, features.RATING, model).astype(np.float32),
            liked=_column(labels, features.LIKED, model) > 0.5,
            predicted_ratings=_finite(predictions, features.RATING, model),
            liked_scores=_finite(predictions, features.LIKED, model),
            bias_ratings=_finite(transformed, features.BIAS_RATING, model),
        )


def _column(columns: Mapping[str, Any], name: str, model: str) -> NDArray[Any]:
    """Returns the values of a [B] or [B, 1] column, as [B]."""
    if columns.get(name) is None:
        raise ValueError(
            f"The {model} model gives no {name!r}, which its evaluation needs; it gives only "
            f"{sorted(key for key, value in columns.items() if value is not None)}. "
            "Export it with this version of the trainer, or evaluate without it."
        )
    return np.asarray(columns[name]).reshape(-1)


def _finite(columns: Mapping[str, Any], name: str, model: str) -> NDArray[np.float32]:
    values = _column(columns, name, model).astype(np.float32)
    wrong = np.count_nonzero(~np.isfinite(values))
    if wrong:
        raise ValueError(
            f"The {model} model gives {wrong} NaN or infinite values of {name!r} in a batch of "
            f"{len(values)} test rows, expected none. Did its training diverge?"
        )
    return values


def _slices(feature: str, column: Any, count: int) -> Iterator[tuple[SliceKey, NDArray[np.intp]]]:
    """Yields the key of each value of a column, and the ascending positions of its rows.

    The column is None if none of the `count` rows of the batch has the feature.
    """
    if feature == OVERALL:
        yield (), np.arange(count)
        return
    if column is None:
        return
    values, rows = flatten(column)
    distinct, groups = np.unique(values, return_inverse=True)
    for group, value in enumerate(distinct):
        name = value.decode() if isinstance(value, bytes) else str(value)
        if name:  # '' is padding
            # Once, even for a movie that lists a genre twice.
            yield ((feature, name),), np.unique(rows[groups == group])


def flatten(column: Any) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Returns the values of a column in any of TFMA's layouts, and the row of each value.

    >>> flatten(np.array([["a", "b"], ["c", "d"]]))[1].tolist()
    [0, 0, 1, 1]
    """
    if isinstance(column, types.RaggedTensorValue):
        splits = column.nested_row_splits[0]
        return column.values, np.repeat(np.arange(len(splits) - 1), np.diff(splits))
    if isinstance(column, types.VarLenTensorValue | types.SparseTensorValue):
        return column.values, column.indices[:, 0]
    dense = np.asarray(column)
    width = dense.size // max(len(dense), 1)
    return dense.reshape(-1), np.repeat(np.arange(len(dense)), width)

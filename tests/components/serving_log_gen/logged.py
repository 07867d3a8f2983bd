"""PredictionLogs as a client writes them."""

from typing import Any

import numpy as np

from serving.protos import prediction_log_pb2
from serving.tensors import Array, encode


def logged(
    signature: str,
    history_movie_ids: list[list[int]],
    history_ratings: list[list[float]],
    *,
    model: str = "movielens",
    **more: list[list[int]],
) -> Any:
    """A PredictionLog of a request; the answer does not matter."""
    log = prediction_log_pb2.PredictionLog()
    log.log_metadata.model_spec.name = model
    request = log.predict_log.request
    request.model_spec.name, request.model_spec.signature_name = model, signature
    arrays: dict[str, Array] = {
        "history_movie_ids": np.array(history_movie_ids, np.int64),
        "history_ratings": np.array(history_ratings, np.float32),
        **{name: np.array(values, np.int64) for name, values in more.items()},
    }
    for name, array in arrays.items():
        request.inputs[name].CopyFrom(encode(array))
    return log

"""The requests that the canary sends: the candidate's own warm-up, then some of the eval split."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError

from components.serving_validator.report import CandidateError
from serving.client import NewMovie, RatedMovie
from serving.client.messages import embed_inputs, rate_inputs, recommend_inputs, similar_inputs
from serving.contract import (
    EMBED,
    EXAMPLES,
    RATE,
    RECOMMEND,
    SERVING_DEFAULT,
    SIMILAR,
    WARM_UP_FILE,
)
from serving.errors import CorruptRecordsError
from serving.protos import example_pb2, model_pb2, predict_pb2, prediction_log_pb2
from serving.tensors import Array, encode
from serving.tfrecord import read_records
from transform_module import features

MODEL_NAME: Final = "candidate"
_COUNT: Final = 10


class CanaryRequest(NamedTuple):
    """A PredictRequest, its signature, and a name for messages."""

    name: str
    signature: str
    request: Any


def warm_up_requests(model: Path) -> Iterator[CanaryRequest]:
    """Yields the predict requests in a SavedModel's warm-up file, if it has one.

    The server replays them while it loads the model. Here their answers are compared, too.
    """
    path = model / WARM_UP_FILE
    try:
        records = list(read_records(path)) if path.is_file() else []
        logs = [prediction_log_pb2.PredictionLog.FromString(record) for record in records]
    except (CorruptRecordsError, DecodeError) as error:
        raise CandidateError(
            WARM_UP_FILE, expected="TFRecords of PredictionLog", received=error
        ) from error
    for number, log in enumerate(logs, start=1):
        if log.HasField("predict_log"):
            request = log.predict_log.request
            request.model_spec.name = MODEL_NAME
            signature = request.model_spec.signature_name or SERVING_DEFAULT
            yield CanaryRequest(f"{signature} of warm-up record {number}", signature, request)


def sample_requests(examples: Sequence[bytes]) -> Iterator[CanaryRequest]:
    """Yields a request to every signature for each rating, given as a serialized tf.Example."""
    ratings = [example_pb2.Example.FromString(example).features for example in examples]
    candidates = [_id(rating, features.MOVIE_ID) for rating in ratings]
    for rating, movie_id in zip(ratings, candidates, strict=True):
        about = f"of user {_id(rating, features.USER_ID)}'s rating of movie {movie_id}"
        for signature, inputs in _inputs(rating, candidates).items():
            request = predict_pb2.PredictRequest(
                model_spec=model_pb2.ModelSpec(name=MODEL_NAME, signature_name=signature),
                inputs={name: encode(array) for name, array in inputs.items()},
            )
            yield CanaryRequest(f"{signature} {about}", signature, request)


def _id(rating: Any, name: str) -> int:
    return int(rating.feature[name].int64_list.value[0])


def _inputs(rating: Any, candidates: Sequence[int]) -> Mapping[str, Mapping[str, Array]]:
    """Returns the inputs of each signature, made of the features of a rating."""
    feature = rating.feature
    if features.RATING in feature:
        del feature[features.RATING]
    # Before more is read: reading a missing feature adds an empty one.
    unlabelled = example_pb2.Example(features=rating).SerializeToString()
    ids = feature[features.HISTORY_MOVIE_IDS].int64_list.value
    stars = feature[features.HISTORY_RATINGS].float_list.value
    history = [
        RatedMovie(movie_id=each, rating=rated) for each, rated in zip(ids, stars, strict=True)
    ]
    movie = NewMovie(
        title=_text(feature[features.TITLE].bytes_list.value[0]),
        genres=tuple(map(_text, feature[features.GENRES].bytes_list.value)),
    )
    return {
        SERVING_DEFAULT: {EXAMPLES: np.array([unlabelled], dtype=object)},
        RATE: rate_inputs([history], [candidates]),
        RECOMMEND: recommend_inputs([history], k=_COUNT, exclude=None),
        SIMILAR: similar_inputs([_id(rating, features.MOVIE_ID)], k=_COUNT),
        EMBED: embed_inputs([movie]),
    }


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")

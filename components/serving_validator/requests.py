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
    """A request, and what to call it.

    Attributes:
        name: what it asks, for messages.
        signature: of the model.
        request: the PredictRequest.
    """

    name: str
    signature: str
    request: Any


class _Rating(NamedTuple):
    """One example of the eval split."""

    user_id: int
    movie: NewMovie
    movie_id: int
    history: tuple[RatedMovie, ...]
    unlabelled: bytes


def warm_up_requests(model: Path) -> Iterator[CanaryRequest]:
    """Reads the predict requests that ride in `assets.extra`; none where there is no such file.

    The server has replayed them while it loaded the model. Asked again they are compared, too.

    Args:
        model: the folder that holds saved_model.pb.

    Raises:
        CandidateError: the file is cut or holds something else.
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
    """Makes a request to every signature of each rating.

    Args:
        examples: serialized tf.Examples of ratings, as ExampleGen writes them.
    """
    ratings = [_parsed(example) for example in examples]
    candidates = [rating.movie_id for rating in ratings]
    for rating in ratings:
        told = f"of user {rating.user_id}'s rating of movie {rating.movie_id}"
        for signature, inputs in _inputs(rating, candidates).items():
            request = predict_pb2.PredictRequest(
                model_spec=model_pb2.ModelSpec(name=MODEL_NAME, signature_name=signature),
                inputs={name: encode(array) for name, array in inputs.items()},
            )
            yield CanaryRequest(f"{signature} {told}", signature, request)


def _inputs(rating: _Rating, candidates: Sequence[int]) -> Mapping[str, Mapping[str, Array]]:
    histories = [rating.history]
    return {
        SERVING_DEFAULT: {EXAMPLES: np.array([rating.unlabelled], dtype=object)},
        RATE: rate_inputs(histories, [candidates]),
        RECOMMEND: recommend_inputs(histories, k=_COUNT, exclude=None),
        SIMILAR: similar_inputs([rating.movie_id], k=_COUNT),
        EMBED: embed_inputs([rating.movie]),
    }


def _parsed(serialized: bytes) -> _Rating:
    example = example_pb2.Example.FromString(serialized)
    feature = example.features.feature
    if features.RATING in feature:
        del feature[features.RATING]
    # Now: to read a feature that an example lacks puts an empty one into it.
    unlabelled = example.SerializeToString()
    ids = feature[features.HISTORY_MOVIE_IDS].int64_list.value
    stars = feature[features.HISTORY_RATINGS].float_list.value
    (movie_id,) = feature[features.MOVIE_ID].int64_list.value
    (user_id,) = feature[features.USER_ID].int64_list.value
    (title,) = feature[features.TITLE].bytes_list.value
    return _Rating(
        user_id=user_id,
        movie_id=movie_id,
        movie=NewMovie(
            title=_text(title),
            genres=tuple(map(_text, feature[features.GENRES].bytes_list.value)),
        ),
        history=tuple(
            RatedMovie(movie_id=movie, rating=rating)
            for movie, rating in zip(ids, stars, strict=True)
        ),
        unlabelled=unlabelled,
    )


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")

"""The requests beside an exported model, as a server reads and replays them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from serving.contract import SIGNATURES, WARM_UP_FILE
from serving.protos import predict_pb2, prediction_log_pb2
from serving.server.metrics import Metrics
from serving.server.models.loader import load_and_warm_up
from serving.tensors import decode
from serving.tfrecord import read_records
from trainer_module.data.catalogue import Catalogue
from trainer_module.export.warm_up import warm_up_inputs
from transform_module import features

TIERS = [b"popular", b"content", b"model"]


@pytest.fixture
def requests(exported: Path) -> dict[str, predict_pb2.PredictRequest]:
    logs = map(prediction_log_pb2.PredictionLog.FromString, read_records(exported / WARM_UP_FILE))
    requests = [log.predict_log.request for log in logs]
    return {request.model_spec.signature_name: request for request in requests}


def test_every_signature_of_the_contract_is_asked_once(
    requests: dict[str, predict_pb2.PredictRequest], exported: Path
) -> None:
    assert requests.keys() == SIGNATURES.keys()
    assert len(list(read_records(exported / WARM_UP_FILE))) == len(SIGNATURES)


def test_the_requests_are_answered_and_meet_every_tier(
    requests: dict[str, predict_pb2.PredictRequest], signatures: dict[str, Any]
) -> None:
    answers = {}
    for name, request in requests.items():
        inputs = {alias: tf.constant(decode(proto)) for alias, proto in request.inputs.items()}
        answers[name] = signatures[name](**inputs)
    assert answers["recommend"]["tier"].numpy().tolist() == TIERS
    assert (answers["similar"]["movie_ids"].numpy()[:, 0] >= 0).all()
    for name in ("serving_default", "rate"):
        assert np.isfinite(answers[name]["rating"].numpy()).all()


@pytest.mark.parametrize("fn_args", ["mf_dnn"], indirect=True)
def test_the_embedded_server_loads_the_model_and_replays_them(exported: Path) -> None:
    load_and_warm_up(exported, Metrics()).close()


FOUR_MOVIES = Catalogue(
    np.array([10, 20, 30, 40]),
    np.array([b"One", b"Two", b"Three", b"Four"], object),
    {
        features.MOVIE_RATING_COUNT: np.array([1, 9, 9, 3], np.float32),
        features.GENRE_INDICES: np.array([[-1, -1], [0, 3], [-1, -1], [-1, -1]]),
    },
)


def test_the_histories_are_of_the_most_rated_movies() -> None:
    inputs = warm_up_inputs(FOUR_MOVIES, min_model_history=3)
    popular, content, model = inputs["recommend"]["history_movie_ids"].tolist()
    assert popular == [-1, -1, -1]
    assert content == [20, -1, -1]
    assert model == [20, 30, 40]
    assert inputs["embed"] == {"titles": [b"Two"], "genres": ["Action|Children"]}


def test_a_catalogue_smaller_than_a_history_is_enough() -> None:
    inputs = warm_up_inputs(FOUR_MOVIES, min_model_history=9)
    assert inputs["recommend"]["history_movie_ids"].tolist()[2] == [20, 30, 40, 10]
    assert inputs["rate"]["candidate_movie_ids"].tolist() == [[20, 30, 40, 10]] * 3

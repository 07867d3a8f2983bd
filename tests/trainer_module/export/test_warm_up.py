"""The requests beside an exported model, as a server reads and replays them."""

import numpy as np
import pytest
import tensorflow as tf

from serving.contract import SIGNATURES, WARM_UP_FILE
from serving.protos import prediction_log_pb2
from serving.server.models.loader import load_and_warm_up
from serving.tensors import decode
from serving.tfrecord import read_records
from tests.support.small_catalogue import small_tables
from tests.support.world import MOVIES
from trainer_module.data.catalogue import Catalogue
from trainer_module.export.warm_up import warm_up_inputs
from transform_module import features

TIERS = [b"popular", b"content", b"model"]


@pytest.fixture
def requests(exported):
    logs = map(prediction_log_pb2.PredictionLog.FromString, read_records(exported / WARM_UP_FILE))
    requests = [log.predict_log.request for log in logs]
    return {request.model_spec.signature_name: request for request in requests}


def test_every_signature_of_the_contract_is_asked_once(requests, exported):
    assert requests.keys() == SIGNATURES.keys()
    assert len(list(read_records(exported / WARM_UP_FILE))) == len(SIGNATURES)


def test_the_requests_are_answered_and_meet_every_tier(requests, signatures):
    answers = {}
    for name, request in requests.items():
        inputs = {alias: tf.constant(decode(proto)) for alias, proto in request.inputs.items()}
        answers[name] = signatures[name](**inputs)
    assert answers["recommend"]["tier"].numpy().tolist() == TIERS
    assert (answers["similar"]["movie_ids"].numpy()[:, 0] >= 0).all()
    for name in ("serving_default", "rate"):
        assert np.isfinite(answers[name]["rating"].numpy()).all()


def test_the_embedded_server_loads_the_model_and_replays_them(exported):
    load_and_warm_up(exported).close()


def test_the_histories_are_of_the_most_rated_movies():
    tables = small_tables(movies=4)
    counts = np.array([1, 9, 9, 3], np.float32)
    genres = np.full((4, 2), features.PADDING_ID)
    genres[1] = [0, 3]
    columns = {features.MOVIE_RATING_COUNT: counts, features.GENRE_INDICES: genres}
    ids = tables.movie_ids.numpy()
    titles = np.array([b"One", b"Two", b"Three", b"Four"], object)
    inputs = warm_up_inputs(Catalogue(ids, titles, columns), min_model_history=3)
    popular, content, model = inputs["recommend"]["history_movie_ids"].tolist()
    assert popular == [-1, -1, -1]
    assert content == [ids[1], -1, -1]
    assert model == [ids[1], ids[2], ids[3]]
    assert inputs["embed"] == {"titles": [b"Two"], "genres": ["Action|Children"]}


def test_a_catalogue_smaller_than_a_history_is_enough(requests):
    assert decode(requests["rate"].inputs["candidate_movie_ids"]).shape[1] <= MOVIES + 1

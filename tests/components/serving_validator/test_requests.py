from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.serving_validator.report import CandidateError
from components.serving_validator.requests import CanaryRequest, sample_requests, warm_up_requests
from serving.contract import SIGNATURES, WARM_UP_FILE
from serving.protos import example_pb2
from serving.tensors import decode
from tests.components.serving_validator.toy_candidates import add_warm_up
from tests.support.examples import rating_row, serialized
from transform_module import features

ROW = rating_row(
    7,
    30,
    4.5,
    title="Amélie (2001)",
    genres=["Comedy", "Romance"],
    history_movie_ids=[10, 20],
    history_ratings=[5.0, 1.5],
)


@pytest.fixture
def requests() -> dict[str, CanaryRequest]:
    """The requests of the first of two ratings, by signature."""
    made = list(sample_requests([serialized(ROW), serialized(rating_row(8, 40, 2.0))]))
    assert len(made) == 2 * len(SIGNATURES)
    return {request.signature: request for request in made[: len(SIGNATURES)]}


def inputs_of(request: CanaryRequest) -> dict[str, list[Any]]:
    return {name: decode(proto).tolist() for name, proto in request.request.inputs.items()}


def test_every_signature_is_asked_by_its_name(requests: dict[str, CanaryRequest]) -> None:
    assert requests.keys() == SIGNATURES.keys()
    for name, request in requests.items():
        assert request.request.model_spec.signature_name == name
        assert request.name == f"{name} of user 7's rating of movie 30"


def test_the_requests_say_what_the_rating_says(requests: dict[str, CanaryRequest]) -> None:
    assert inputs_of(requests["rate"]) == {
        "history_movie_ids": [[-1, 10, 20]],
        "history_ratings": [[0.0, 5.0, 1.5]],
        "candidate_movie_ids": [[30, 40]],
    }
    recommend = inputs_of(requests["recommend"])
    assert (recommend["history_movie_ids"], recommend["k"]) == ([[-1, 10, 20]], [10])
    assert inputs_of(requests["similar"]) == {"movie_ids": [30], "k": [10]}
    assert inputs_of(requests["embed"]) == {
        "titles": ["Amélie (2001)".encode()],
        "genres": [b"Comedy|Romance"],
    }


def test_the_example_is_sent_without_its_label_and_otherwise_as_it_is(
    requests: dict[str, CanaryRequest],
) -> None:
    ((sent,),) = inputs_of(requests["serving_default"]).values()
    unlabelled = {name: values for name, values in ROW.items() if name != features.RATING}
    assert example_pb2.Example.FromString(sent) == example_pb2.Example.FromString(
        serialized(unlabelled)
    )


def test_a_rating_without_history_or_genres_gives_requests_too() -> None:
    requests = list(sample_requests([serialized(rating_row(1, 10, 3.0, genres=[]))]))
    by_signature = {request.signature: inputs_of(request) for request in requests}
    assert by_signature["embed"]["genres"] == [b""]
    assert np.size(by_signature["rate"]["history_movie_ids"]) <= 1


def test_warm_up_requests_are_read_from_beside_the_model(tmp_path: Path) -> None:
    add_warm_up(tmp_path, "similar")
    (request,) = warm_up_requests(tmp_path)
    assert request.name == "similar of warm-up record 1"
    assert inputs_of(request) == {"movie_ids": [10], "k": [2]}


def test_a_model_may_have_no_warm_up_requests(tmp_path: Path) -> None:
    assert list(warm_up_requests(tmp_path)) == []


def test_a_warm_up_file_that_is_cut_is_told(tmp_path: Path) -> None:
    add_warm_up(tmp_path, "similar")
    path = tmp_path / WARM_UP_FILE
    path.write_bytes(path.read_bytes()[:-3])
    expected = "expected TFRecords of PredictionLog. Received: corrupted record at 0"
    with pytest.raises(CandidateError, match=f"assets.extra/.*: {expected}"):
        list(warm_up_requests(tmp_path))


def test_warm_up_records_that_hold_something_else_are_told(tmp_path: Path) -> None:
    path = tmp_path / WARM_UP_FILE
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"no log")
    with pytest.raises(CandidateError, match=r"assets\.extra/.*: expected TFRecords of Predict"):
        list(warm_up_requests(tmp_path))

"""Batched runs: what goes together, how it is filled up, and what is refused."""

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import grpc
import numpy as np
import pytest

from serving.answers import RatedMovie
from serving.client import RecommenderClient
from serving.errors import ServerStartError
from serving.protos import meta_graph_pb2, prediction_service_pb2_grpc
from serving.server.batch_scheduler import BatchScheduler
from serving.server.batching import BatchingModel, BatchingOptions
from serving.server.c_tensors import CTensor
from serving.server.status import StatusError
from serving.tensors import decode


class FakeModel:
    """Notes what it is fed, and answers as told: by default with what it is fed."""

    def __init__(self, answer=lambda x: [x]):
        signature = meta_graph_pb2.SignatureDef()
        signature.inputs["x"].name = "x:0"
        signature.outputs["y"].name = "y:0"
        self.signatures = {"serving_default": signature}
        self.fed = []
        self.answer = answer

    def run(self, feeds, _fetches, _timeout_seconds):
        self.fed.append(feeds["x:0"].to_array())
        return self.answer(self.fed[-1])


@pytest.fixture
def batched():
    """Wraps a fake model; waits for as many rows as `max_batch_size` before it runs."""
    schedulers = []

    def wrap(model, **options):
        chosen = BatchingOptions(**options)
        scheduler = BatchScheduler(
            max_rows=chosen.max_batch_size, wait_seconds=1.0, max_batches=2, threads=1
        )
        schedulers.append(scheduler)
        return BatchingModel(model, scheduler, chosen)

    yield wrap
    for scheduler in schedulers:
        scheduler.stop()


def run_together(model, *arrays, timeout_seconds=None):
    # Before the clock runs: the first tensor loads TensorFlow's library.
    feeds = [{"x:0": CTensor.from_array(np.array(array, np.float32))} for array in arrays]
    with ThreadPoolExecutor(len(arrays)) as clients:

        def run(fed):
            return model.run(fed, ["y:0"], timeout_seconds)[0].tolist()

        futures = []
        for fed in feeds:
            futures.append(clients.submit(run, fed))
            time.sleep(0.05)  # in this order
        return [future.result() for future in futures]


def test_runs_become_one_and_each_gets_its_rows(batched):
    model = FakeModel()
    answers = run_together(batched(model, max_batch_size=3), [[1.0], [2.0]], [[3.0]])
    assert answers == [[[1.0], [2.0]], [[3.0]]]
    assert [fed.tolist() for fed in model.fed] == [[[1.0], [2.0], [3.0]]]


def test_batch_is_filled_up_to_an_allowed_size_with_its_first_row(batched):
    model = FakeModel()
    options = {"max_batch_size": 4, "allowed_batch_sizes": (2, 4)}
    assert run_together(batched(model, **options), [[1.0], [2.0]], [[3.0]]) == [
        [[1.0], [2.0]],
        [[3.0]],
    ]
    assert model.fed[0].tolist() == [[1.0], [2.0], [3.0], [1.0]]


def test_rows_of_different_shapes_are_widened_with_the_first_element(batched):
    model = FakeModel()
    options = {"max_batch_size": 2, "pad_variable_length_inputs": True}
    run_together(batched(model, **options), [[1.0, 2.0, 3.0]], [[7.0]])
    assert model.fed[0].tolist() == [[1.0, 2.0, 3.0], [7.0, 7.0, 7.0]]


def test_rows_of_different_shapes_are_refused_where_they_may_not_be_widened(batched):
    with pytest.raises(StatusError, match="have different shapes and padding is turned off"):
        run_together(batched(FakeModel(), max_batch_size=2), [[1.0, 2.0]], [[7.0]])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda _: [np.float32(1.0).reshape(())], "Batched output tensor has 0 dimensions"),
        (
            lambda x: [x[:1]],
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension "
            "sizes of the input tensors",
        ),
    ],
)
def test_output_that_cannot_be_divided_is_refused(batched, answer, message):
    with pytest.raises(StatusError) as caught:
        run_together(batched(FakeModel(answer), max_batch_size=2), [[1.0], [2.0]])
    assert (caught.value.code.name, caught.value.message) == ("FAILED_PRECONDITION", message)


def test_run_that_waited_past_its_deadline_is_not_run(batched):
    model = FakeModel()
    with pytest.raises(StatusError, match=r"Run\(\) timeout exceeded while waiting in batching"):
        run_together(batched(model, max_batch_size=9), [[1.0]], timeout_seconds=0.1)
    assert model.fed == []


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (1.0, "Batching Run() input tensors must have at least one dimension"),
        ([[1.0]] * 3, "Task size 3 is larger than maximum input batch size 2"),
    ],
)
def test_input_that_cannot_be_batched_is_refused(batched, array, message):
    with pytest.raises(StatusError) as caught:
        run_together(batched(FakeModel(), max_batch_size=2), array)
    assert (caught.value.code.name, caught.value.message) == ("INVALID_ARGUMENT", message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"max_batch_size": 8, "allowed_batch_sizes": (2, 4)},
            "Last entry in allowed_batch_sizes must match max_batch_size; last entry was 4; "
            "expected 8",
        ),
        ({"allowed_batch_sizes": (4, 2)}, "entries must be monotonically increasing"),
        ({"num_batch_threads": 0}, "num_batch_threads must be positive; was 0"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, message):
    with pytest.raises(StatusError, match=message):
        BatchingOptions(**options).check()


def test_parameters_that_are_not_given_take_their_defaults():
    unset = SimpleNamespace(
        allowed_batch_sizes=[],
        pad_variable_length_inputs=False,
        HasField=lambda name: name == "max_batch_size",
        max_batch_size=SimpleNamespace(value=7),
    )
    options = BatchingOptions.from_proto(unset, processors=3)
    assert options == BatchingOptions(max_batch_size=7, num_batch_threads=3)


def test_server_batches_the_requests_of_several_clients(run_server, predict_request, tmp_path):
    parameters = tmp_path / "batching.config"
    parameters.write_text(
        "max_batch_size { value: 4 } batch_timeout_micros { value: 1000000 } "
        "num_batch_threads { value: 1 }"
    )
    server = run_server("--enable_batching=true", f"--batching_parameters_file={parameters}")
    scalar = predict_request({"steps": np.array(1)}, signature_name="spin")
    with grpc.insecure_channel(server.target) as channel, ThreadPoolExecutor(4) as clients:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

        def ask(word):
            request = predict_request({"text": np.array([word])}, signature_name="exclaim")
            return decode(stub.Predict(request, timeout=20).outputs["text"]).tolist()

        started = time.monotonic()
        assert list(clients.map(ask, "abcd")) == [[b"a!"], [b"b!"], [b"c!"], [b"d!"]]
        assert time.monotonic() - started < 1.0, "a full batch does not wait"
        with pytest.raises(grpc.RpcError, match="must have at least one dimension"):
            stub.Predict(scalar)


def test_recommendations_batched_with_others_are_those_of_the_user_alone(run_server, tmp_path):
    """Histories, exclusions and lists of unlike lengths, put together by the server."""
    parameters = tmp_path / "batching.config"
    parameters.write_text(
        "max_batch_size { value: 4 } batch_timeout_micros { value: 1000000 } "
        "num_batch_threads { value: 1 } pad_variable_length_inputs: true"
    )
    server = run_server("--enable_batching=true", f"--batching_parameters_file={parameters}")
    asked = [  # movies seen, movies excluded, number wanted
        ([10], [], 2),
        ([], [20], 6),
        ([60, 50, 40], [], 3),
        ([20, 10], [30, 40, 50], 1),
    ]
    with RecommenderClient(server.target, timeout=20.0) as client, ThreadPoolExecutor(4) as threads:

        def ask(question):
            seen, excluded, k = question
            history = [RatedMovie(movie_id=movie, rating=4.0) for movie in seen]
            (answer,) = client.recommend([history], k=k, exclude=[excluded])
            return [movie.movie_id for movie in answer.movies]

        started = time.monotonic()
        answers = list(threads.map(ask, asked))
        assert time.monotonic() - started < 1.0, "a full batch does not wait"
    assert answers == [[20, 30], [10, 30, 40, 50, 60], [10, 20, 30], [60]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_batch_size { value: 0 }", "max_batch_size must be positive; was 0"),
        ("nonsense: 1", "the file of --batching_parameters_file"),
    ],
)
def test_parameters_of_no_use_end_the_start(run_server, tmp_path, text, message):
    parameters = tmp_path / "batching.config"
    parameters.write_text(text)
    with pytest.raises(ServerStartError, match=message):
        run_server("--enable_batching=true", f"--batching_parameters_file={parameters}")


def test_parameters_need_batching(run_server, tmp_path):
    with pytest.raises(ServerStartError, match="without setting --enable_batching to true"):
        run_server(f"--batching_parameters_file={tmp_path}")

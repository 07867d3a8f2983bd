"""Requests logged by a server process, as the `logging_config` of its models says."""

import resource
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import grpc
import numpy as np
import pytest
from google.protobuf import text_format

from serving.errors import ServerStartError
from serving.protos import (
    model_server_config_pb2,
    prediction_log_pb2,
    prediction_service_pb2_grpc,
)
from serving.server.request_log import RequestLog
from serving.server.status import StatusError
from serving.server.tfrecord import read_records
from serving.server_process import ServerProcess
from tests.serving.rest_port import free_port

PATIENCE_SECONDS = 20.0
READ_BY_TENSORFLOW = """
import sys, tensorflow as tf
for record in tf.data.TFRecordDataset(sys.argv[1:]).as_numpy_iterator():
    print(record.hex())
"""


class Asked:
    """A server on the toy recommender, its log, and a client that asks it."""

    def __init__(self, base_path, folder, build_request):
        self.base_path, self.folder, self._request = base_path, folder, build_request
        self.server = None

    @property
    def prefix(self):
        return self.folder / "log" / "requests"

    @property
    def config_path(self):
        return self.folder / "models.config"

    def config(self, sampling_rate=1.0, *, kind="tfrecord", prefix=None, more=""):
        logging = ""
        if sampling_rate is not None:
            logging = (
                f'logging_config {{ log_collector_config {{ type: "{kind}" '
                f'filename_prefix: "{prefix or self.prefix}" }} '
                f"sampling_config {{ sampling_rate: {sampling_rate} }} }}"
            )
        return (
            f'model_config_list {{ config {{ name: "movielens" base_path: "{self.base_path}" '
            f'model_platform: "tensorflow" {logging} {more} }} }}'
        )

    def start(self, config, *flags):
        self.config_path.write_text(config)
        self.server = ServerProcess(
            self.base_path,
            model_name="unused",
            log_path=self.folder / "server.log",
            flags=[f"--model_config_file={self.config_path}", *flags],
        ).__enter__()
        self.channel = grpc.insecure_channel(self.server.target)

    def ask(self, text):
        stub = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        request = self._request({"text": np.array([text])}, signature_name="exclaim")
        return request, stub.Predict(request, timeout=PATIENCE_SECONDS)

    def change(self, config):
        """Changes the model config file, and waits until the server has applied it."""
        applied = self.server_log().count("Applied the changed")
        self.config_path.write_text(config)
        wait_until(lambda: self.server_log().count("Applied the changed") > applied)

    def server_log(self):
        return (self.folder / "server.log").read_text()

    def files(self, suffix=".tfrecord"):
        folder = self.prefix.parent
        return sorted(p for p in folder.glob("requests-*") if p.name.endswith(suffix))

    def logs(self):
        """What the finished files hold."""
        records = [record for path in self.files() for record in read_records(path)]
        return [prediction_log_pb2.PredictionLog.FromString(record) for record in records]

    def texts(self):
        return [text_of(log) for log in self.logs()]

    def stop(self):
        self.channel.close()
        return self.server.stop()


def text_of(log):
    return log.predict_log.request.inputs["text"].string_val[0].decode()


@pytest.fixture
def asked(base_path, tmp_path, predict_request):
    server = Asked(base_path, tmp_path, predict_request)
    yield server
    if server.server is not None:
        server.stop()


def wait_until(holds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)


def test_what_was_asked_and_answered_is_logged_for_tensorflow_to_read(asked):
    rest = free_port()
    asked.start(asked.config(), f"--rest_api_port={rest}")
    started = int(time.time())
    exchanges = [asked.ask("one"), asked.ask("two")]
    with pytest.raises(grpc.RpcError):
        asked.ask(1.5)  # not a text: refused, so without an answer to log
    body = b'{"signature_name": "exclaim", "inputs": {"text": ["three"]}}'
    url = f"http://localhost:{rest}/v1/models/movielens:predict"
    urllib.request.urlopen(url, body, timeout=PATIENCE_SECONDS).close()
    assert asked.stop() == 0
    (file,) = asked.files()
    read = subprocess.run(
        [sys.executable, "-c", READ_BY_TENSORFLOW, str(file)],
        check=True,
        capture_output=True,
        text=True,
    )
    records = [bytes.fromhex(line) for line in read.stdout.split()]
    first, second, third = map(prediction_log_pb2.PredictionLog.FromString, records)
    for log, (request, response) in zip((first, second), exchanges, strict=True):
        assert log.predict_log.request == request
        assert log.predict_log.response == response
        spec = log.log_metadata.model_spec
        assert (spec.name, spec.signature_name, spec.version.value) == ("movielens", "exclaim", 1)
        assert log.log_metadata.sampling_config.sampling_rate == 1.0
        assert started <= log.log_metadata.timestamp_secs <= time.time()
    assert text_of(third) == "three"


@pytest.mark.parametrize(("rate", "least", "most"), [(0.0, 0, 0), (0.5, 150, 250)])
def test_a_share_of_the_requests_is_logged(asked, rate, least, most):
    asked.start(asked.config(rate))
    for number in range(400):  # of which a half is 200, give or take 10
        asked.ask(str(number))
    asked.stop()
    assert least <= len(asked.logs()) <= most
    assert not asked.files(".open")


def test_files_are_closed_by_size_and_have_their_name_only_then(asked):
    asked.start(asked.config(), "--request_log_max_file_bytes=2000")
    for _ in range(3):
        asked.ask("x" * 800)  # twice in a record, for the answer has it too
    wait_until(lambda: asked.texts() == ["x" * 800] * 2)
    wait_until(lambda: asked.files(".open"))
    asked.stop()
    assert [len(list(read_records(path))) for path in asked.files()] == [2, 1]
    assert not asked.files(".open")


def test_files_are_closed_by_age_without_another_request(asked):
    asked.start(asked.config(), "--request_log_max_file_seconds=0.3")
    asked.ask("old")
    wait_until(lambda: asked.texts() == ["old"])
    asked.ask("new")
    wait_until(lambda: asked.texts() == ["old", "new"])
    assert len(asked.files()) == 2


def test_a_changed_config_file_turns_the_log_on_and_off(asked):
    asked.start(asked.config(None), "--model_config_file_poll_wait_seconds=0.05")
    asked.ask("before")
    asked.change(asked.config())
    asked.ask("logged")
    # The same log: the file goes on.
    asked.change(asked.config(more="model_version_policy { latest { num_versions: 1 } }"))
    asked.ask("logged too")
    asked.change(asked.config(None))
    asked.ask("after")
    assert asked.texts() == ["logged", "logged too"]
    assert len(asked.files()) == 1


def test_a_log_that_cannot_be_is_refused_and_the_old_one_goes_on(asked):
    asked.start(asked.config(), "--model_config_file_poll_wait_seconds=0.05")
    asked.config_path.write_text(asked.config(kind="pubsub"))
    wait_until(lambda: "The old model configuration stays: Cannot find LogC" in asked.server_log())
    asked.ask("still logged")
    asked.stop()
    assert asked.texts() == ["still logged"]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ({"kind": ""}, "NOT_FOUND", "Cannot find LogCollector::Factory for type: "),
        ({"kind": "pubsub"}, "NOT_FOUND", "Cannot find LogCollector::Factory for type: pubsub"),
        ({"sampling_rate": 1.5}, "INVALID_ARGUMENT", "model movielens to be from 0 to 1; got 1.5"),
        ({"prefix": "log/r"}, "INVALID_ARGUMENT", "absolute path; got filename_prefix()=log/r"),
        ({"prefix": "/dev/null/r"}, "INVALID_ARGUMENT", "Cannot make the folder of the log"),
    ],
)
def test_a_log_that_cannot_be_is_refused(asked, options, code, message):
    text = asked.config(**options)
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    with pytest.raises(StatusError) as caught:
        RequestLog().prepare(config)
    assert caught.value.code.name == code
    assert message in caught.value.message


def test_the_server_does_not_start_with_a_log_of_an_unknown_type(asked):
    with pytest.raises(ServerStartError, match="NOT_FOUND: Cannot find LogCollector::Factory"):
        asked.start(asked.config(kind="kafka"))


def test_a_full_disk_loses_logs_and_no_request(asked, tmp_path):
    monitoring, rest = tmp_path / "monitoring.config", free_port()
    monitoring.write_text("prometheus_config { enable: true }")
    asked.start(asked.config(), f"--rest_api_port={rest}", f"--monitoring_config_file={monitoring}")

    def count(status):
        url = f"http://localhost:{rest}/monitoring/prometheus/metrics"
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            lines = answer.read().decode().splitlines()
        labels = f'{{model_name="movielens",status="{status}"}}'
        name = f":tensorflow:serving:request_log_count{labels} "
        return sum(int(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    # No file may pass three records: the fourth is written in part, as on a full disk.
    resource.prlimit(asked.server.process_id, resource.RLIMIT_FSIZE, (8000, -1))
    for number in range(10):
        asked.ask(f"{number}" + "x" * 1000)
    wait_until(lambda: count("DATA_LOSS") == 7)
    assert count("OK") == 3
    resource.prlimit(asked.server.process_id, resource.RLIMIT_FSIZE, (-1, -1))
    wait_until(lambda: asked.ask("again") and count("OK") > 3)
    asked.stop()
    texts = asked.texts()
    assert [text[:1] for text in texts[:3]] == ["0", "1", "2"]
    assert set(texts[3:]) == {"again"}
    told = (tmp_path / "server.log").read_text()
    assert told.count("cannot be written: [Errno 27] File too large") == 1
    assert told.count("is written again") == 1
    assert Path(asked.files()[0]).stat().st_size < 8000

"""Several models, labels and policies, configured by a file."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest

from serving.client import RecommenderClient
from serving.errors import ServerStartError
from serving.protos import prediction_service_pb2_grpc
from serving.server_process import ServerProcess
from tests.support.grpc_stubs import BuildPredictRequest

Start = Callable[..., ServerProcess]

PATIENCE_SECONDS = 20.0


@pytest.fixture
def folders(saved_models: Path, tmp_path: Path) -> Path:
    """The folders of two models, `first` with the versions 1 and 2, `second` with 1."""
    for name, version in (("first", 1), ("first", 2), ("second", 1)):
        shutil.copytree(saved_models / "1", tmp_path / name / str(version))
    return tmp_path


def config_text(folders: Path, *models: tuple[str, str]) -> str:
    configs = " ".join(
        f'config {{ name: "{name}" base_path: "{folders / name}" model_platform: "tensorflow" '
        f"{more} }}"
        for name, more in models
    )
    return f"model_config_list {{ {configs} }}"


ALL = "model_version_policy { all {} }"


def label(name: str, version: int) -> str:
    return f'version_labels {{ key: "{name}" value: {version} }}'


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server by a model config file; it stops with the test."""
    running = []

    def run(text: str | None, *flags: str) -> ServerProcess:
        path = tmp_path / "models.config"
        if text is not None:
            path.write_text(text)
        server = ServerProcess(
            tmp_path,
            model_name="unused",
            log_path=tmp_path / "server.log",
            flags=[
                *(f"--model_config_file={path}", "--file_system_poll_wait_seconds=0.1"),
                *("--max_num_load_retries=0", *flags),
            ],
        )
        running.append(server.__enter__())
        return server

    yield run
    for server in running:
        server.stop()


def states(server: ServerProcess, name: str) -> dict[int, str]:
    with RecommenderClient(server.target, model_name=name) as client:
        return {status.version: status.state for status in client.model_status()}


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)


def test_models_of_the_file_are_served_by_their_policies_and_labels(
    start: Start, folders: Path, predict_request: BuildPredictRequest
) -> None:
    labels = label("stable", 1) + label("canary", 2)
    text = config_text(folders, ("first", ALL + labels), ("second", ""))
    server = start(text, "--allow_version_labels_for_unavailable_models=true")
    assert states(server, "second") == {1: "AVAILABLE"}
    wait_until(lambda: states(server, "first") == {1: "AVAILABLE", 2: "AVAILABLE"})
    with grpc.insecure_channel(server.target) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        request = predict_request({"text": np.array(["a"])}, signature_name="exclaim", name="first")
        for name, version in (("stable", 1), ("canary", 2)):
            request.model_spec.version_label = name
            spec = stub.Predict(request).model_spec
            assert spec.version.value == version
            assert spec.version_label == ""


def test_labels_at_the_start_need_the_flag(start: Start, folders: Path) -> None:
    with pytest.raises(ServerStartError, match="FAILED_PRECONDITION: Request to assign label"):
        start(config_text(folders, ("first", label("stable", 2))))


@pytest.mark.parametrize("text", [None, "model_config_list { nonsense: 1 }"])
def test_file_that_cannot_be_read_is_named(start: Start, tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "models.config"
    with pytest.raises(ServerStartError, match=f"Cannot read {path}, the file of --model_config"):
        start(text)

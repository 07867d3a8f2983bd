import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.contract import WARM_UP_FILE
from serving.protos import prediction_log_pb2
from serving.server.metrics import Metrics
from serving.server.models.loader import load_and_warm_up
from serving.server.predict import predict
from serving.server.runtime.saved_model import SavedModel
from serving.server.status import StatusError
from serving.tfrecord import masked_crc32c
from tests.support.grpc_stubs import BuildPredictRequest


@pytest.fixture
def warm_up(base_path: Path) -> Callable[[bytes], Path]:
    """Writes the warm-up file of version 1; returns the version's folder."""

    def write(content: bytes) -> Path:
        path = base_path / "1" / WARM_UP_FILE
        path.parent.mkdir()
        path.write_bytes(content)
        return base_path / "1"

    return write


def record(log: prediction_log_pb2.PredictionLog) -> bytes:
    content = log.SerializeToString()
    length = struct.pack("<Q", len(content))
    return b"".join(
        [
            *(length, struct.pack("<I", masked_crc32c(length))),
            *(content, struct.pack("<I", masked_crc32c(content))),
        ]
    )


def predict_log(signature_name: str) -> prediction_log_pb2.PredictionLog:
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.model_spec.signature_name = signature_name
    return log


def failure(path: Path) -> tuple[str, str]:
    with pytest.raises(StatusError) as caught:
        load_and_warm_up(path, Metrics())
    return caught.value.code.name, caught.value.message


def test_model_without_warm_up_is_loaded(base_path: Path) -> None:
    model = load_and_warm_up(base_path / "1", Metrics())
    assert "recommend" in model.signatures
    model.close()


def test_warm_up_requests_are_run(
    warm_up: Callable[[bytes], Path], saved_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    run = SavedModel.run

    def noting_run(self: SavedModel, feeds: dict[str, Any], *arguments: Any) -> Any:
        runs.append(list(feeds))
        return run(self, feeds, *arguments)

    monkeypatch.setattr(SavedModel, "run", noting_run)
    records = (saved_models / "warmup.tfrecord").read_bytes()
    load_and_warm_up(warm_up(records), Metrics()).close()
    assert runs == [["exclaim_text:0"], ["exclaim_text:0"]]


def test_failing_warm_up_request_fails_the_load(warm_up: Callable[[bytes], Path]) -> None:
    code, message = failure(warm_up(record(predict_log("unlike"))))
    assert (code, message) == (
        "FAILED_PRECONDITION",
        'Serving signature key "unlike" not found.',
    )


def test_file_that_is_no_tfrecord_fails_the_load(warm_up: Callable[[bytes], Path]) -> None:
    code, message = failure(warm_up(b"these are no warm-up requests"))
    assert code == "DATA_LOSS"
    assert message.endswith("Please verify your warmup data is in TFRecord format.")


def test_record_that_is_no_log_fails_the_load(warm_up: Callable[[bytes], Path]) -> None:
    bad = b"\xff\xff\xff"
    length = struct.pack("<Q", len(bad))
    content = b"".join(
        [
            *(length, struct.pack("<I", masked_crc32c(length))),
            *(bad, struct.pack("<I", masked_crc32c(bad))),
        ]
    )
    code, message = failure(warm_up(content))
    assert code == "INVALID_ARGUMENT"
    assert message.startswith("Failed to parse warmup record: record 1 of")


def test_kind_of_request_that_is_not_served_fails_the_load(
    warm_up: Callable[[bytes], Path],
) -> None:
    log = prediction_log_pb2.PredictionLog()
    log.session_run_log.SetInParent()
    code, message = failure(warm_up(record(log)))
    assert code == "UNIMPLEMENTED"
    assert "is a session_run_log" in message


@pytest.mark.parametrize("kind", ["classify_log", "regress_log", "multi_inference_log"])
def test_request_that_only_tensorflow_serving_runs_is_skipped_with_a_warning(
    warm_up: Callable[[bytes], Path], caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    log = prediction_log_pb2.PredictionLog()
    getattr(log, kind).SetInParent()
    folder = warm_up(record(log))
    load_and_warm_up(folder, Metrics()).close()
    assert caplog.messages == [
        f"Record 1 of {folder / WARM_UP_FILE} is a {kind}, which only tensorflow/serving runs. "
        "It is skipped"
    ]


def test_more_than_a_thousand_requests_fail_the_load(
    warm_up: Callable[[bytes], Path], saved_models: Path
) -> None:
    first = next(iter_records(saved_models / "warmup.tfrecord"))
    code, message = failure(warm_up(first * 1001))
    assert code == "INVALID_ARGUMENT"
    assert message.startswith("Number of warmup records exceeds the maximum (1000) at ")


def test_missing_graph_is_told_in_the_words_of_tensorflow_serving(base_path: Path) -> None:
    (base_path / "1" / "saved_model.pb").unlink()
    assert failure(base_path / "1") == (
        "NOT_FOUND",
        "Specified file path does not appear to contain a SavedModel bundle (should have a file "
        f"called `saved_model.pb`)\nSpecified file path: {base_path / '1'}",
    )


def test_missing_variable_shard_fails_the_load(base_path: Path) -> None:
    (base_path / "1" / "variables" / "variables.data-00000-of-00001").unlink()
    code, message = failure(base_path / "1")
    assert code == "NOT_FOUND"
    assert "variables.data-00000-of-00001; No such file or directory" in message


def test_truncated_variables_fail_the_load(base_path: Path) -> None:
    shard = base_path / "1" / "variables" / "variables.data-00000-of-00001"
    shard.write_bytes(shard.read_bytes()[:8])
    code, message = failure(base_path / "1")
    assert code == "OUT_OF_RANGE"
    assert "Read less bytes than requested" in message


def test_missing_variables_index_loads_and_fails_on_use_as_in_tensorflow_serving(
    base_path: Path, predict_request: BuildPredictRequest
) -> None:
    shutil.rmtree(base_path / "1" / "variables")
    model = load_and_warm_up(base_path / "1", Metrics())
    request = predict_request({"x": np.ones([1, 4], np.float32), "k": np.array(1, np.int32)})
    with pytest.raises(StatusError, match="Container localhost does not exist"):
        predict(model, 1, request, None)
    model.close()


def iter_records(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    while content:
        size = struct.unpack("<Q", content[:8])[0] + 16
        yield content[:size]
        content = content[size:]

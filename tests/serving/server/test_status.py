import grpc
import pytest

from serving.server.status import StatusError, as_status, invalid_argument, status_code


def test_codes_of_tensorflow_are_those_of_grpc() -> None:
    assert status_code(3) is grpc.StatusCode.INVALID_ARGUMENT
    assert status_code(15) is grpc.StatusCode.DATA_LOSS


def test_code_that_grpc_does_not_know_is_unknown() -> None:
    assert status_code(99) is grpc.StatusCode.UNKNOWN


@pytest.mark.parametrize(
    ("message", "carried"),
    [
        ("m" * 1024, "m" * 1024),
        ("m" * 1025, "m" * 1024 + "...TRUNCATED"),
        ("m" * 1023 + "é", "m" * 1023 + "...TRUNCATED"),
    ],
    ids=["1024 bytes", "1025 bytes", "cut inside a letter"],
)
def test_message_is_cut_after_1024_bytes(message: str, carried: str) -> None:
    assert invalid_argument(message).grpc_message == carried
    assert invalid_argument(message).message == message


def test_other_error_becomes_unknown_and_keeps_its_cause() -> None:
    cause = PermissionError("no right to read")
    status = as_status(cause)
    assert (status.code.name, status.message) == ("UNKNOWN", "PermissionError: no right to read")
    assert status.__cause__ is cause
    assert as_status(status) is status


def test_error_reads_as_its_message() -> None:
    assert str(StatusError(grpc.StatusCode.UNKNOWN, "broken")) == "broken"

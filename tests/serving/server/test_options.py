import argparse
from pathlib import Path

import pytest

from serving.server.options import ServerOptions, add_flags, start_log


def parse(*flags: str) -> ServerOptions:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return ServerOptions.from_flags(parser.parse_args(["--model_base_path=models", *flags]))


def test_defaults_are_those_of_tensorflow_model_server() -> None:
    options = parse()
    assert options.model_base_path == Path("models")
    assert (options.port, options.model_name) == (8500, "default")
    assert options.file_system_poll_wait_seconds == 1
    assert options.max_num_load_retries == 5
    assert options.load_retry_interval_micros == 60_000_000


def test_every_flag_reaches_its_option() -> None:
    assert parse(
        "--port=0",
        "--model_name=movielens",
        "--file_system_poll_wait_seconds=0",
        "--max_num_load_retries=0",
        "--load_retry_interval_micros=5",
        "--grpc_max_threads=3",
        "--max_queued_requests=7",
        "--rest_api_port=8501",
        "--model_config_file=models.config",
        "--allow_version_labels_for_unavailable_models",
        "--max_request_tensor_bytes=1000",
    ) == ServerOptions(
        model_base_path=Path("models"),
        port=0,
        model_name="movielens",
        file_system_poll_wait_seconds=0,
        max_num_load_retries=0,
        load_retry_interval_micros=5,
        grpc_max_threads=3,
        max_queued_requests=7,
        rest_api_port=8501,
        model_config_file=Path("models.config"),
        allow_version_labels_for_unavailable_models=True,
        max_request_tensor_bytes=1000,
    )


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--port=-1", "--port must be between 0 and 65535. Received: -1"),
        ("--port=65536", "--port must be between 0 and 65535. Received: 65536"),
        ("--model_name=", "--model_name must not be empty"),
        ("--grpc_max_threads=0", "--grpc_max_threads must be at least 1. Received: 0"),
        (
            "--max_request_tensor_bytes=0",
            "--max_request_tensor_bytes must be at least 1. Received: 0",
        ),
        ("--max_queued_requests=-1", "--max_queued_requests must be at least 0. Received: -1"),
        ("--max_num_load_retries=-1", "--max_num_load_retries must be at least 0. Received: -1"),
        (
            "--file_system_poll_wait_seconds=-0.5",
            "--file_system_poll_wait_seconds must be at least 0. Received: -0.5",
        ),
        (
            "--load_retry_interval_micros=-1",
            "--load_retry_interval_micros must be at least 0. Received: -1",
        ),
    ],
)
def test_value_out_of_range_is_refused(flag: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(flag)


def test_model_or_configuration_must_be_named() -> None:
    with pytest.raises(ValueError, match="--model_base_path, or --model_config_file"):
        ServerOptions()


@pytest.mark.parametrize(("text", "expected"), [("=true", True), ("=0", False), ("", True)])
def test_boolean_flags_are_read_as_tensorflow_does(text: str, expected: bool) -> None:
    options = parse(f"--allow_version_labels_for_unavailable_models{text}")
    assert options.allow_version_labels_for_unavailable_models is expected


def test_boolean_flag_of_another_value_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse("--allow_version_labels_for_unavailable_models=maybe")
    assert "expected true or false, received 'maybe'" in capsys.readouterr().err


def test_flags_that_only_the_real_server_heeds_are_taken_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    flags = parser.parse_args(
        [
            *("--enable_batching=true", "--batching_parameters_file=batching.config"),
            *("--num_load_threads=2", "--enable_profiler", "--port=0"),
            "--tensorflow_inter_op_parallelism=-1",
        ]
    )
    start_log(flags)
    assert [message.partition(" has no effect")[0] for message in caplog.messages] == [
        *("--batching_parameters_file", "--enable_batching"),
        *("--enable_profiler", "--num_load_threads", "--tensorflow_inter_op_parallelism"),
    ]

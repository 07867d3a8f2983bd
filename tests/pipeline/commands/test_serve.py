import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import main
from serving.errors import ServerStartError
from serving.server.options import ServerOptions


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[ServerOptions]:
    """What `serve` is started with; nothing is really served."""
    calls = []

    def note(options: ServerOptions, *, announce: Callable[[str], None]) -> None:
        calls.append(options)
        announce("Listening on port 12345")

    monkeypatch.setattr("serving.server.application.serve", note)
    return calls


def test_pushed_model_of_the_output_folder_is_served_under_the_clients_default_name(
    served: list[ServerOptions], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", f"--output={tmp_path}"]) == 0
    (options,) = served
    assert options.model_base_path == tmp_path / "serving_model" / "movielens"
    assert (options.model_name, options.port) == ("movielens", 8500)
    log = tmp_path / "logs" / "server.log"
    assert capfd.readouterr().out == f"Log: {log}\nListening on port 12345\n"


def test_flags_of_tensorflow_model_server_are_taken(
    served: list[ServerOptions], tmp_path: Path
) -> None:
    flags = ["--port=0", "--model_name=m", f"--model_base_path={tmp_path}", "--grpc_max_threads=2"]
    assert main(["serve", f"--output={tmp_path}", *flags]) == 0
    (options,) = served
    assert (options.port, options.model_name) == (0, "m")
    assert (options.model_base_path, options.grpc_max_threads) == (tmp_path, 2)


def test_flag_out_of_range_is_one_line_and_exit_code_2(
    served: list[ServerOptions], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--port=99999"]) == 2
    assert "--port must be between 0 and 65535. Received: 99999" in capsys.readouterr().err
    assert served == []


def test_server_that_cannot_start_is_one_line_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(_options: ServerOptions, *, announce: Callable[[str], None]) -> None:
        raise ServerStartError("Cannot listen on port 8500: Address already in use.")

    monkeypatch.setattr("serving.server.application.serve", fail)
    assert main(["serve", f"--output={tmp_path}"]) == 1
    printed = capfd.readouterr().err
    assert "Cannot listen on port 8500" in printed
    assert len(printed.splitlines()) == 1


def test_noise_of_libraries_goes_to_the_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def make_noise(_options: ServerOptions, *, announce: Callable[[str], None]) -> None:
        os.write(2, b"I0000 port.cc:153] oneDNN custom operations are on.\n")

    monkeypatch.setattr("serving.server.application.serve", make_noise)
    assert main(["serve", f"--output={tmp_path}"]) == 0
    assert "oneDNN" in (tmp_path / "logs" / "server.log").read_text()
    assert capfd.readouterr().err == ""

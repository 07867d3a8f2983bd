import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from serving.errors import ModelNotLoadedError
from serving.server_process import ServerProcess


def test_folder_without_a_version_is_told_after_the_wait(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    server = ServerProcess(
        tmp_path / "models", model_name="m", log_path=tmp_path / "log", start_seconds=1.0
    )
    with pytest.raises(ModelNotLoadedError, match=r"did not listen within 1 s.*Its log: .*log"):
        server.__enter__()
    with pytest.raises(ProcessLookupError):
        os.kill(server.process_id, 0)


def test_a_model_that_cannot_be_loaded_is_told_apart_from_a_server_that_cannot_start(
    base_path: Path, tmp_path: Path
) -> None:
    (base_path / "1" / "saved_model.pb").write_bytes(b"no graph at all")
    flags = ["--max_num_load_retries=0"]
    server = ServerProcess(base_path, model_name="m", log_path=tmp_path / "log", flags=flags)
    with pytest.raises(ModelNotLoadedError, match="exit code 3 before it listened"):
        server.__enter__()


def test_a_model_that_brings_the_server_down_cannot_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ServerProcess(tmp_path, model_name="m", log_path=tmp_path / "log")
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    monkeypatch.setattr(server, "_command", [sys.executable, "-c", killed])
    with pytest.raises(ModelNotLoadedError, match="exit code -11 before it listened"):
        server.__enter__()


def test_process_is_known_inside_the_block_only(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, model_name="m", log_path=tmp_path / "log")
    with pytest.raises(RuntimeError, match="inside the `with` block only"):
        _ = server.process_id


PARENT = """
import pathlib, sys
from serving.server_process import ServerProcess
models, log = map(pathlib.Path, sys.argv[1:])
with ServerProcess(models, model_name="m", log_path=log) as server:
    print(server.process_id, flush=True)
    sys.stdin.read()
"""


def test_server_does_not_outlive_a_parent_that_is_killed(base_path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(base_path), str(tmp_path / "log")]
    with subprocess.Popen(
        command,
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        server_process_id = int(parent.stdout.readline())
        os.kill(server_process_id, 0)
        parent.kill()
    deadline = time.monotonic() + 20
    while is_running(server_process_id):
        if time.monotonic() > deadline:
            os.kill(server_process_id, signal.SIGKILL)
            pytest.fail("the server outlived its parent")
        time.sleep(0.1)


def is_running(process_id: int) -> bool:
    status = Path(f"/proc/{process_id}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"

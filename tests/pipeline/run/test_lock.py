import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.errors import RunFailure
from pipeline.run.lock import LOCK_FILE, exclusive_run

ROOT = Path(__file__).parents[3]


def exclusive(output: Path) -> AbstractContextManager[None]:
    return exclusive_run(load_config(output=str(output)))


def test_a_second_run_on_the_same_output_is_refused_and_told_which_process(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path),
        pytest.raises(
            RunFailure, match=rf"another run \(process {os.getpid()} on .*\) is working in"
        ),
        exclusive(tmp_path),
    ):
        pass


def test_runs_on_different_outputs_do_not_meet(tmp_path: Path) -> None:
    with exclusive(tmp_path / "a"), exclusive(tmp_path / "b"):
        assert f"process {os.getpid()} on " in (tmp_path / "a" / LOCK_FILE).read_text()


def test_two_outputs_that_share_a_file_of_sqlite_do_not_run_at_once(tmp_path: Path) -> None:
    shared = [f"metadata.path={tmp_path / 'shared.sqlite'}"]
    first, second = (load_config(output=f"{tmp_path}/{n}", overrides=shared) for n in "ab")
    with (
        exclusive_run(first),
        pytest.raises(
            RunFailure, match=r"writes to the metadata store .*shared\.sqlite, and SQLite"
        ),
        exclusive_run(second),
    ):
        pass
    with exclusive_run(second):
        pass


def test_two_outputs_that_share_a_server_run_at_once(tmp_path: Path) -> None:
    server = ["metadata.backend=postgresql"]
    first, second = (load_config(output=f"{tmp_path}/{n}", overrides=server) for n in "ab")
    with exclusive_run(first), exclusive_run(second):
        pass


def test_the_lock_is_free_after_a_run_that_raised(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), exclusive(tmp_path):
        raise ZeroDivisionError
    with exclusive(tmp_path):
        pass


def test_the_lock_falls_with_a_killed_process(tmp_path: Path) -> None:
    code = (
        "import os, signal\n"
        "from pipeline.config import load_config\n"
        "from pipeline.run.lock import exclusive_run\n"
        f"with exclusive_run(load_config(output={str(tmp_path)!r})):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert killed.returncode == -9
    with exclusive(tmp_path):
        pass


def test_an_output_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(RunFailure, match=r"cannot write to .*file/out"),
        exclusive(tmp_path / "file" / "out"),
    ):
        pass

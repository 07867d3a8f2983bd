import argparse
import errno
import os
import re
import signal
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.errors import RunFailure, UsageError

Install = Callable[[Callable[[], int]], None]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a command `probe` in the place of all others."""

    def install(work: Callable[[], int]) -> None:
        def add_arguments(parser: argparse.ArgumentParser) -> None:
            parser.add_argument("--output")

        module = types.ModuleType("pipeline.commands.probe")
        vars(module).update(add_arguments=add_arguments, run=lambda _: work())
        monkeypatch.setitem(sys.modules, "pipeline.commands.probe", module)
        monkeypatch.setattr(cli, "COMMANDS", {"probe": "probe"})

    return install


def raising(error: BaseException) -> Callable[[], int]:
    def work() -> int:
        raise error

    return work


def test_the_exit_code_is_the_command_s(command: Install) -> None:
    command(lambda: 0)
    assert cli.main(["probe"]) == 0
    command(lambda: 1)
    assert cli.main(["probe"]) == 1


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("no such key"), 2, "error: no such key\n"),
        (RunFailure("it\nfailed"), 1, "error: it failed\n"),
        (KeyboardInterrupt(), 130, "error: interrupted\n"),
    ],
)
def test_errors_become_one_line_and_an_exit_code(
    command: Install,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    line: str,
) -> None:
    command(raising(error))
    assert cli.main(["probe"]) == code
    assert capsys.readouterr().err == line


def test_sigterm_ends_a_command_as_ctrl_c_does(
    command: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    before = signal.getsignal(signal.SIGTERM)
    command(work)
    assert cli.main(["probe"]) == 130
    assert capsys.readouterr().err == "error: interrupted\n"
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_full_disk_names_the_folder(
    command: Install, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command(raising(OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "x" / "f"))))
    assert cli.main(["probe"]) == 1
    assert f"disk full: no space left in {tmp_path / 'x'}" in capsys.readouterr().err


def test_a_full_disk_without_a_file_name_names_the_output_folder(
    command: Install, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command(raising(OSError(errno.ENOSPC, "No space left on device")))
    assert cli.main(["probe", "--output", str(tmp_path)]) == 1
    assert f"no space left in {tmp_path}" in capsys.readouterr().err


def test_an_unexpected_error_is_one_line_and_its_traceback_is_in_the_log(
    command: Install, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command(raising(ZeroDivisionError("by zero")))
    assert cli.main(["probe", "--output", str(tmp_path)]) == 1
    (log,) = (tmp_path / "logs").iterdir()
    assert capsys.readouterr().err == (
        f"error: unexpected ZeroDivisionError: by zero; the traceback is in {log}\n"
    )
    assert "Traceback (most recent call last)" in log.read_text()


def test_a_log_that_cannot_be_written_beside_the_output_goes_elsewhere(
    command: Install,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    (tmp_path / "file").write_text("not a folder")
    command(raising(ZeroDivisionError("by zero")))
    assert cli.main(["probe", "--output", str(tmp_path / "file")]) == 1
    assert str(elsewhere) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rnu"], r"no command `rnu`, did you mean `run`\?"),
        (["frobnicate"], r"no command `frobnicate` among run, serve,"),
        ([], r"required: COMMAND"),
        (["run", "--outptu", "x"], r"unrecognized arguments: --outptu x"),
        (["run", "--set"], r"--set: expected one argument; see `movielens run --help`"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert cli.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert re.search(message, error)


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_has_help_with_an_example(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main([name, "--help"])
    assert f"movielens {name}" in capsys.readouterr().out.partition("Example")[2]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    listed = capsys.readouterr().out
    assert all(name in listed for name in cli.COMMANDS)


def imported_by_help(commands: list[str], packages: set[str]) -> list[str]:
    """The modules of packages that `movielens COMMAND --help` imports, for all of the commands."""
    code = (
        "import contextlib, sys\n"
        "from pipeline.cli import main\n"
        f"for command in {commands}:\n"
        "    with contextlib.suppress(SystemExit):\n"
        "        main([*command.split(), '--help'])\n"
        f"print(*[name for name in sys.modules if name.startswith({tuple(packages)})])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return done.stdout.splitlines()[-1].split()


def test_the_list_of_commands_imports_none_of_them() -> None:
    assert imported_by_help([""], {"pipeline.commands", "pipeline.config", "serving"}) == []


def test_help_imports_neither_tfx_nor_tensorflow() -> None:
    heavy = {"tfx", "tensorflow", "keras", "apache_beam"}
    assert heavy.isdisjoint(imported_by_help(list(cli.COMMANDS), heavy))


def test_a_reader_that_goes_away_ends_the_command_quietly() -> None:
    command = [sys.executable, "-m", "pipeline.cli", "doctor", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141

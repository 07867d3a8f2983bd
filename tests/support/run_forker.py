"""Forks a process for each run of `movielens` that it is asked for, as `forked_runs.py` does.

Reads lines from standard input, each a JSON list of runs that start at once, and answers each with
a JSON list of their exit codes on standard output; a killed run's is -9. A run is an object:

    arguments    of the command line
    environment  variables to set
    stdout       the file that its standard output is appended to
    stderr       likewise
    die_in       a node in which it kills itself; null for none
    kill_at      a pattern: once a new path matches it the run is killed; null for never
    kill_after   seconds after that
    kill_with    the signal
"""

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn, TextIO

from tfx.orchestration.portable import launcher

import pipeline.run.execute  # noqa: F401 - loaded here, once
from components.atomic_pusher import version_folder
from pipeline import cli

_LOOK_SECONDS = 0.02


def main(answers: TextIO) -> None:
    for line in sys.stdin:
        answers.write(json.dumps(run_at_once(json.loads(line))) + "\n")
        answers.flush()


def run_at_once(runs: list[dict[str, Any]]) -> list[int]:
    there_before = [matches(run["kill_at"]) for run in runs]
    children = [start(**run) for run in runs]
    return [
        await_end(child, run, there)
        for child, run, there in zip(children, runs, there_before, strict=True)
    ]


def matches(pattern: str | None) -> set[Path]:
    return set() if pattern is None else set(Path("/").glob(pattern.lstrip("/")))


def start(
    *,
    arguments: list[str],
    environment: dict[str, str],
    stdout: str,
    stderr: str,
    die_in: str | None,
    **_killing: Any,
) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.environ.update(environment)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for file, stream in ((stdout, 1), (stderr, 2)):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), stream)
        if die_in is not None:
            arrange_death(die_in)
        code = cli.main(arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def await_end(child: int, run: dict[str, Any], there_before: set[Path]) -> int:
    kill_time = None
    while run["kill_at"] is not None:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if kill_time is None and matches(run["kill_at"]) - there_before:
            kill_time = time.monotonic() + run["kill_after"]
        if kill_time is not None and time.monotonic() >= kill_time:
            with Path(run["stderr"]).open("a") as stderr:
                stderr.write(f"signal sent at {time.time():.3f}\n")
            os.kill(child, run["kill_with"])
            break
        time.sleep(_LOOK_SECONDS)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def arrange_death(die_in: str) -> None:
    """Kills this process in a node: its output is written, and the store not yet told."""
    if die_in == "Pusher, before the rename":
        version_folder._flush_tree = die  # type: ignore[assignment]
        return
    run_executor, launch = launcher.Launcher._run_executor, launcher.Launcher.launch

    def executed(self: launcher.Launcher, *arguments: Any) -> Any:
        output = run_executor(self, *arguments)
        if self._pipeline_node.node_info.id == die_in:
            die()
        return output

    def launched(self: launcher.Launcher) -> Any:
        result = launch(self)
        if self._pipeline_node.node_info.id == die_in:
            die()  # a resolver has no executor
        return result

    launcher.Launcher._run_executor = executed
    launcher.Launcher.launch = launched


def die(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise RuntimeError("a killed process goes no further")


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # what libraries print must not mix with the answers
        main(answers)

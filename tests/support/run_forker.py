"""Runs `movielens` many times in processes that are forked from one that has loaded TFX already.

python tests/support/run_forker.py STEPS.json

Loading TFX takes longer than a run on small data. STEPS.json holds a list of steps, one after the
other, each a list of runs that start at once: `{"arguments": [...], "log": FILE, "die_in": NODE}`.
Prints, for each step, the exit codes of its runs as JSON; a killed run's is -9.
"""

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from tfx.orchestration.portable import launcher

import pipeline.execution  # noqa: F401 - loaded here, once
from components.atomic_pusher import version_folder
from pipeline import cli


def main() -> None:
    steps = json.loads(Path(sys.argv[1]).read_text())
    json.dump([run_at_once(step) for step in steps], sys.stdout)


def run_at_once(runs: list[dict[str, Any]]) -> list[int]:
    children = [start(**run) for run in runs]
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def start(arguments: list[str], log: str, die_in: str | None = None) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(target, 1)
        os.dup2(target, 2)
        if die_in is not None:
            arrange_death(die_in)
        code = cli.main(arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def arrange_death(die_in: str) -> None:
    """Kills this process in a node: its output is written, and the store not yet told."""
    if die_in == "Pusher, before the rename":
        version_folder._flush_tree = die
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
    main()

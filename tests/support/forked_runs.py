"""Runs of the command line, each in a process forked from one that has loaded TFX already.

Loading TFX takes longer than a run on small data. A forked process differs from one that a user
starts only in that its modules are loaded already.
"""

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
KILLED = -9


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """One run of `movielens`.

    Attributes:
        arguments: of the command line.
        stdout: the file that its standard output is appended to.
        stderr: likewise.
        environment: variables to set.
        die_in: the node in which it kills itself, its output written and the store not yet told.
        kill_at: a pattern: the run is killed once a new path matches it.
        kill_after: seconds that it lives on after that.
        kill_with: the signal that kills it; a line on standard error tells when it was sent.
    """

    arguments: list[str]
    stdout: Path
    stderr: Path
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    die_in: str | None = None
    kill_at: str | None = None
    kill_after: float = 0.0
    kill_with: int = signal.SIGKILL


class ForkedRuns:
    """The process that has loaded TFX, as a context manager.

    Args:
        source: the folder that holds the packages.
        log: the file for what the process itself writes.
    """

    def __init__(self, source: Path, log: Path) -> None:
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                # -P keeps this folder off the path, so that `source` comes first.
                [sys.executable, "-P", Path(__file__).with_name("run_forker.py")],
                cwd=source,
                env=os.environ | {"PYTHONPATH": str(source)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._log = log

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def run(self, run: Run) -> int:
        """Runs to the end; returns the exit code, of a killed run -9."""
        (code,) = self.run_at_once([run])
        return code

    def run_at_once(self, runs: list[Run]) -> list[int]:
        """Starts runs at once and waits for all; returns their exit codes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(
            json.dumps([dataclasses.asdict(run) for run in runs], default=str) + "\n"
        )
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self._log.read_text()
        codes: list[int] = json.loads(answer)
        return codes

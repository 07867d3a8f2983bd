"""Runs a benchmark program once more for one measurement: nothing warm, its peak memory its own."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any


def measured(program: str, *arguments: str) -> dict[str, Any]:
    """Runs a program and reads the JSON that it prints last.

    Args:
        program: The file to run.
        arguments: Of its command line.

    Raises:
        RuntimeError: It failed; the error holds the end of what it said.
    """
    root = str(Path(__file__).parents[1])
    child = subprocess.run(
        [sys.executable, program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": root},
    )
    if child.returncode:
        raise RuntimeError(f"Measuring {' '.join(arguments)} failed: {child.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
    return result


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far, in 2**20 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

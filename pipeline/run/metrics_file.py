"""Writes the numbers of a run where Prometheus's node exporter reads them.

A file that cannot be written is reported and changes nothing else, as an alert that cannot be
delivered: a run must not lose its push because nobody can watch it.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from movielens.datasets.atomic_files import write_file
from pipeline.run.record import Run

_MODE: Final = 0o644  # node exporter runs as another user


def why_unwritable(path: Path) -> str:
    """Says why the file cannot be written; empty if nothing is known against it.

    The folder is not made: one that nobody reads would hide a mistake in its name.
    """
    folder = path.parent
    if not folder.is_dir():
        return _problem(path, f"there is no folder {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        return _problem(path, f"this user may not write to the folder {folder}")
    return ""


def write_metrics(path: Path, run: Run, outcomes: Iterable[Mapping[str, Any]]) -> list[str]:
    """Writes the file, whole or not at all.

    The outcomes are those of all runs, this one included, as `Run.to_outcome` makes them.

    Returns:
        Why the file could not be written; an earlier one is unchanged then.
    """
    problem = why_unwritable(path)
    if not problem:
        from pipeline.run.metrics_text import metrics_text  # most runs need no prometheus_client

        try:
            write_file(path, [metrics_text(run, outcomes)], mode=_MODE)
        except OSError as error:
            problem = _problem(path, str(error))
    return [problem] if problem else []


def _problem(path: Path, why: str) -> str:
    return f"the metrics cannot be written to {path}: {why}; see alerts.metrics_file"

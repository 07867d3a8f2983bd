"""Puts a SavedModel into a folder of numbered versions in one step.

A model server takes every child with a numeric name for a version, complete or not, so a version is
written under a name that is no number and renamed when it is all there and on the disk.
"""

import os
import shutil
import time
from pathlib import Path
from typing import Final

_UNFINISHED_PREFIX: Final = "unfinished-"


def push_version(model: Path, served: Path, *, now: float | None = None) -> Path:
    """Copies `model` into `served` as its newest version.

    Whatever happens on the way, `served` holds the versions that it held before, or those and the
    whole new one. What a killed push has left behind is removed.

    Args:
        model: a SavedModel folder.
        served: the folder of versions; created where missing.
        now: the time to name the version after, in seconds since the epoch.

    Returns:
        The folder of the new version, `served/<version>`.

    Raises:
        FileNotFoundError: `model` is no SavedModel.
        OSError: the copy failed (a full disk, say); nothing has been pushed.
    """
    if not (model / "saved_model.pb").is_file():
        raise FileNotFoundError(
            f"Expected a SavedModel (a folder with saved_model.pb) to push. Received: {model}"
        )
    served.mkdir(parents=True, exist_ok=True)
    _remove_unfinished(served)
    version = next_version(served, now=time.time() if now is None else now)
    unfinished = served / f"{_UNFINISHED_PREFIX}{version}"
    try:
        shutil.copytree(model, unfinished)
        _flush_tree(unfinished)
        unfinished.rename(served / str(version))
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    _flush(served)
    return served / str(version)


def next_version(served: Path, *, now: float) -> int:
    """Returns a version above all in `served`: the time in seconds, or the next free number.

    Args:
        served: the folder of versions; may be missing.
        now: seconds since the epoch. A clock set back must not hide a new model behind an old one.
    """
    return max([int(now), *(version + 1 for version in versions(served))])


def versions(served: Path) -> list[int]:
    """Returns the versions in `served`, lowest first; none where the folder is missing."""
    if not served.is_dir():
        return []
    return sorted(int(child.name) for child in served.iterdir() if child.name.isdecimal())


def _remove_unfinished(served: Path) -> None:
    for leftover in served.glob(f"{_UNFINISHED_PREFIX}*"):
        shutil.rmtree(leftover)


def _flush_tree(folder: Path) -> None:
    # The rename may reach the disk before the files do: after a power cut a server would find a
    # version with empty files.
    for path in [*folder.rglob("*"), folder]:
        _flush(path)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

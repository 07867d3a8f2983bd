"""Puts a SavedModel into a folder of numbered versions in one step.

A model server takes every child with a numeric name for a version, complete or not, so a version is
written under a name that is no number and renamed when it is all there and on the disk.
"""

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_UNFINISHED_PREFIX: Final = "unfinished-"
_NO_LOCKS: Final = (errno.EBADF, errno.ENOLCK, errno.EOPNOTSUPP)


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
    with _exclusive(served):
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


def remove_version(served: Path, version: int) -> None:
    """Takes a version out of `served` in one step; nothing where it is not there.

    Args:
        served: the folder of versions.
        version: the version, not the highest: that one is being served.

    Raises:
        ValueError: it is the highest.
        OSError: the files could not be removed; no server sees them any more.
    """
    with _exclusive(served):
        there = versions(served)
        if version not in there:
            return
        if version == there[-1]:
            raise ValueError(
                f"Expected a version that is not served. Received: {version}, the last"
            )
        (served / str(version)).rename(served / f"{_UNFINISHED_PREFIX}{version}")
        _remove_unfinished(served)


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


@contextmanager
def _exclusive(served: Path) -> Iterator[None]:
    """Waits for who else pushes or removes: a rollback may meet a run's push."""
    served.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(served, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            # NFS locks no folders. Two that meet there fail rather than mix: a version is renamed
            # into place whole, and not onto another.
            if error.errno not in _NO_LOCKS:
                raise
        yield
    finally:
        os.close(descriptor)


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

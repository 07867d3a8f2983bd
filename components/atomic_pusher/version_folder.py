"""Puts a SavedModel into a folder of numbered versions in one step.

A model server takes every child whose name is a 64-bit number for a version, a file or half a model
as well (`serving.versions.version_number`). A version is therefore written under a name that
is no number and renamed when it is all there and on the disk. Its number is above all others.
"""

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from serving.versions import MAX_VERSION, version_number

_MODEL_FILE: Final = "saved_model.pb"
_UNFINISHED_PREFIX: Final = "unfinished-"
_NO_LOCKS: Final = (errno.EBADF, errno.ENOLCK, errno.EOPNOTSUPP)


class NoHigherVersionError(Exception):
    """The served folder holds the highest version that there can be."""


def push_version(
    model: Path,
    served: Path,
    *,
    now: float | None = None,
    check: Callable[[], None] = lambda: None,
) -> Path:
    """Copies `model` into `served` as its newest version.

    Whatever happens on the way, `served` holds the versions that it held before, or those and the
    whole new one. What a killed push has left behind is removed.

    Args:
        model: a SavedModel folder.
        served: the folder of versions; created where missing.
        now: the time to name the version after, in seconds since the epoch.
        check: called last before servers can see the version; what it raises prevents the push.

    Returns:
        The folder of the new version, `served/<version>`.

    Raises:
        FileNotFoundError: `model` is no SavedModel.
        NoHigherVersionError: no number is left for it.
        OSError: the copy failed (a full disk, say); nothing has been pushed.
    """
    if not _is_model(model):
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
            check()
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
        version: the version, not the one that is being served.

    Raises:
        ValueError: it is being served.
        OSError: the files could not be removed; no server sees them any more.
    """
    with _exclusive(served):
        there = version_folders(served)
        if version not in there:
            return
        if version == served_version(served):
            raise ValueError(
                f"Expected a version that is not served. Received: {version}, the last"
            )
        there[version].rename(served / f"{_UNFINISHED_PREFIX}{version}")
        _remove_unfinished(served)


def next_version(served: Path, *, now: float) -> int:
    """Returns a version above all in `served`: the time in seconds, or the next free number.

    Args:
        served: the folder of versions; may be missing.
        now: seconds since the epoch. A clock set back must not hide a new model behind an old one.

    Raises:
        NoHigherVersionError: the highest version that there can be is in `served`.
    """
    there = version_folders(served)
    version = max([int(now), *(version + 1 for version in there)])
    if version > MAX_VERSION:
        raise NoHigherVersionError(
            f"No version can be pushed above {there[MAX_VERSION]}: model servers take no higher "
            "number. Move it out of the folder and push again. What was served before is still "
            "served."
        )
    return version


def versions(served: Path) -> list[int]:
    """Returns what a model server takes for versions, lowest first; none in a missing folder."""
    return sorted(version_folders(served))


def version_folders(served: Path) -> dict[int, Path]:
    """Returns the same with their paths, in any order; of the names 7 and 007 the former."""
    if not served.is_dir():
        return {}
    numbered = ((version_number(child.name), child) for child in sorted(served.iterdir()))
    return {number: child for number, child in numbered if number is not None}


def served_version(served: Path) -> int | None:
    """Returns the version that a model server serves: the highest that holds a model, or None."""
    there = version_folders(served)
    return max((version for version in there if _is_model(there[version])), default=None)


def unservable_names(served: Path) -> list[str]:
    """Returns the names in `served` that look like versions and that no model server serves.

    They are too high for a version, or no folder with a model.
    """
    if not served.is_dir():
        return []
    return sorted(
        child.name
        for child in served.iterdir()
        if child.name.strip().lstrip("+-").isdecimal()
        and (version_number(child.name) is None or not _is_model(child))
    )


def _is_model(folder: Path) -> bool:
    return (folder / _MODEL_FILE).is_file()


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

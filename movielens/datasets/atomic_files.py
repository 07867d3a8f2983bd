"""Local files that are either whole or not there, and never silently replaced."""

import os
import uuid
from collections.abc import Iterable
from pathlib import Path

from movielens.errors import OutputExistsError


def refuse_to_replace(paths: Iterable[Path]) -> None:
    """Raises OutputExistsError if one of the files exists."""
    for path in paths:
        if path.exists():
            raise OutputExistsError(
                f"{path} exists and holds other data. Give another folder, or remove the file."
            )


def write_file(path: Path, chunks: Iterable[bytes], mode: int | None = None) -> None:
    """Writes a file beside its place, flushes it to the disk and renames it; makes the folder.

    `mode` is the file's permissions, whatever the process's umask says; None leaves them to it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with partial.open("wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)

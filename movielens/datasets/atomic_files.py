"""Local files that are either whole or not there, and never silently replaced."""

import os
import uuid
from collections.abc import Iterable
from pathlib import Path

from movielens.errors import OutputExistsError


def refuse_to_replace(paths: Iterable[Path]) -> None:
    """Checks that none of the files is there.

    Raises:
        OutputExistsError: one is.
    """
    for path in paths:
        if path.exists():
            raise OutputExistsError(
                f"{path} exists and holds other data. Give another folder, or remove the file."
            )


def write_file(path: Path, chunks: Iterable[bytes]) -> None:
    """Writes a file beside its place, makes it durable and renames it.

    Args:
        path: the file; its folder is made where it does not exist.
        chunks: its contents.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with partial.open("wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)

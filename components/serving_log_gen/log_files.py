"""Finds the files of a serving log and hashes them."""

import glob
import hashlib
from pathlib import Path

from serving.contract import LOG_SUFFIX, OPEN_SUFFIX


class MissingServingLogError(ValueError):
    """There is no file where the serving log should be."""


def find_files(serving_log: str) -> list[Path]:
    """Returns the finished files of a log, sorted by name.

    Args:
        serving_log: A pattern with `*`, `?` or `[...]`, or the prefix of a client's `RequestLog`.

    Raises:
        MissingServingLogError: There are none.
    """
    is_pattern = glob.has_magic(serving_log)
    pattern = serving_log if is_pattern else f"{glob.escape(serving_log)}*{LOG_SUFFIX}"
    found = [Path(name) for name in sorted(glob.glob(pattern))]  # noqa: PTH207
    files = [path for path in found if path.is_file() and path.suffix != OPEN_SUFFIX]
    if not files:
        raise MissingServingLogError(
            f"No file of a serving log matches {pattern}. Set skew.serving_log to the prefix of "
            "the clients' RequestLog, or to a pattern of its files, and let one be finished "
            "(docs/serving.md); or leave skew.serving_log out."
        )
    return files


def files_fingerprint(files: list[Path]) -> str:
    """Returns the first 16 hexadecimal digits of a SHA-256 of the files' names and contents."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(f"{path}\0".encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]

"""Hashes of source code: a figure is only reused while the code behind it is the same."""

import functools
import hashlib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


@functools.cache
def source_fingerprint(*paths: str) -> str:
    """A hash of Python files, and of all in folders, by their paths from the project's root."""
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted((ROOT / path).rglob("*.py")) or [ROOT / path]:
            digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]

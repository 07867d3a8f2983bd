"""Hashes of code and data: a figure is reused only while both are the same."""

import functools
import hashlib
from pathlib import Path
from typing import Final

from movielens.reading.layouts import recognise_layout

ROOT: Final = Path(__file__).parents[1]


@functools.cache
def source_fingerprint(*paths: str) -> str:
    """Hashes Python files and all those in folders, named by their paths below `ROOT`."""
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted((ROOT / path).rglob("*.py")) or [ROOT / path]:
            digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def data_fingerprint(folder: Path) -> str:
    """Hashes a MovieLens folder's ratings and movies; a SourceError without a known layout."""
    layout = recognise_layout(str(folder), [file.name for file in folder.iterdir()])
    return layout.fingerprint(lambda name: (folder / name).open("rb"))

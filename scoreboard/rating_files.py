"""Which files a board reads, and whether they are still the same.

Apart from `rated_movies`, which parses them: that takes TensorFlow and most of a gigabyte, too much
for the process that only watches over a board.
"""

import hashlib
from pathlib import Path

from movielens.datasets.default_data import write_default_data
from movielens.errors import MissingFileError
from movielens.reading.layouts import recognise_layout


def data_folder(folder: Path | None, scratch: Path) -> Path:
    """The MovieLens folder that is meant.

    Args:
        folder: In any published layout; None takes the default data.
        scratch: Where the default data are written.
    """
    return folder or write_default_data(scratch / "default_data")


def data_fingerprint(folder: Path) -> str:
    """A hash of a MovieLens folder's ratings and movies, to the last byte.

    Args:
        folder: In any published layout; its other files do not matter.

    Raises:
        SourceError: The folder is missing, or no MovieLens folder.
    """
    if not folder.is_dir():
        trouble = "is a file" if folder.exists() else "does not exist"
        raise MissingFileError(
            f"The data folder {folder} {trouble}. Give a folder of MovieLens files, or leave "
            "--data out for the default data."
        )
    layout = recognise_layout(str(folder), [file.name for file in folder.iterdir()])
    digest = hashlib.sha256()
    for name in layout.files:
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]

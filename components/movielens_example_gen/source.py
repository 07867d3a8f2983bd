"""Opening a MovieLens folder: everything that can be known to be wrong before any work starts."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import tensorflow as tf

from components.movielens_example_gen.errors import MissingFileError
from components.movielens_example_gen.layouts import (
    Layout,
    check_head,
    check_ratings_tail,
    recognise_layout,
)
from components.movielens_example_gen.movies import check_movies_tail

_EDGE_BYTES: Final = 1 << 16  # more than any two lines


@dataclass(frozen=True)
class Source:
    """A folder that looks sound.

    Attributes:
        layout: the folder's layout; its file names are what reports call the files.
        ratings_path: its ratings file.
        movies_path: its movies file.
        ratings_bytes: size of the ratings file.
        age: how many spans of the window are newer.
    """

    layout: Layout
    ratings_path: str
    movies_path: str
    ratings_bytes: int
    age: int = 0


def open_sources(folders: Sequence[str]) -> tuple[Source, ...]:
    """Opens the folders of a window of spans; see `open_source`.

    Args:
        folders: the oldest first. Where there are several, reports call their files by the part of
            the path that tells them apart.

    Returns:
        The newest first.
    """
    sources = []
    for age, folder in enumerate(reversed(folders)):
        source = open_source(folder)
        if len(folders) > 1:
            own = os.path.relpath(folder, os.path.commonpath(folders))
            layout = replace(
                source.layout,
                ratings_file=f"{own}/{source.layout.ratings_file}",
                movies_file=f"{own}/{source.layout.movies_file}",
            )
            source = replace(source, layout=layout, age=age)
        sources.append(source)
    return tuple(sources)


def open_source(folder: str) -> Source:
    """Recognises a folder's layout and looks at both ends of its two files.

    Args:
        folder: any path that TensorFlow can read.

    Raises:
        SourceError: the folder or a file is missing, empty, cut or in no known layout.
    """
    if not tf.io.gfile.isdir(folder):
        raise MissingFileError(
            f"The data folder {folder} does not exist. Give a folder of MovieLens files, or make "
            "one with `movielens data --output FOLDER`."
        )
    layout = recognise_layout(folder, tf.io.gfile.listdir(folder))
    ratings_path = tf.io.gfile.join(folder, layout.ratings_file)
    movies_path = tf.io.gfile.join(folder, layout.movies_file)
    head, tail, ratings_bytes = _edges(ratings_path)
    check_head(ratings_path, head, layout.ratings_header)
    check_ratings_tail(ratings_path, tail, layout)
    head, tail, _ = _edges(movies_path)
    check_head(movies_path, head, layout.movies_header)
    check_movies_tail(movies_path, tail, layout)
    return Source(layout, ratings_path, movies_path, ratings_bytes)


def _edges(path: str) -> tuple[bytes, bytes, int]:
    """Returns a file's first and last bytes and its size."""
    with tf.io.gfile.GFile(path, "rb") as file:
        size: int = file.size()
        head: bytes = file.read(_EDGE_BYTES)
        file.seek(max(0, size - _EDGE_BYTES))
        tail: bytes = file.read(_EDGE_BYTES)
    return head, tail, size

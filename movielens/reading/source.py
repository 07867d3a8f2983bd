"""Opening a MovieLens folder: everything that can be known to be wrong before any work starts."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import tensorflow as tf

from movielens.config import ReadOptions
from movielens.errors import MissingFileError, UnknownLayoutError
from movielens.reading.columns import check_tail, read_header, without_header
from movielens.reading.layouts import (
    MOVIE_COLUMNS,
    RATING_COLUMNS,
    Layout,
    recognise_layout,
)
from movielens.reading.parsing import part_into_fields
from movielens.reading.timestamps import check_unit

_EDGE_BYTES: Final = 1 << 16  # more than any two lines


@dataclass(frozen=True)
class Source:
    """A folder that looks sound.

    Attributes:
        layout: The folder's layout; its file names are what reports call the files.
        ratings_path: Its ratings file.
        movies_path: Its movies file.
        ratings_bytes: Size of the ratings file.
        age: How many spans of the window are newer.
    """

    layout: Layout
    ratings_path: str
    movies_path: str
    ratings_bytes: int
    age: int = 0


def open_sources(folders: Sequence[str], options: ReadOptions) -> tuple[Source, ...]:
    """Opens the folders of a window of spans; see `open_source`.

    Args:
        folders: The oldest first. Where there are several, reports call their files by the part of
            the path that tells them apart.
        options: How their files are read.

    Returns:
        The newest first.
    """
    sources = []
    for age, folder in enumerate(reversed(folders)):
        source = open_source(folder, options)
        if len(folders) > 1:
            own = os.path.relpath(folder, os.path.commonpath(folders))
            source = replace(source, layout=source.layout.below(own), age=age)
        sources.append(source)
    return tuple(sources)


def open_source(folder: str, options: ReadOptions | None = None) -> Source:
    """Recognises a folder's layout and looks at both ends of its two files.

    Args:
        folder: Any path that TensorFlow can read.
        options: How its files are read; as published where None.

    Raises:
        SourceError: The folder or a file is missing, empty, packed, cut, in no known layout, or not
            as the options say.
    """
    options = options or ReadOptions()
    layout = find_layout(folder)
    ratings_path, movies_path = (tf.io.gfile.join(folder, name) for name in layout.files)
    head, tail, ratings_bytes = _edges(ratings_path)
    ratings = read_header(ratings_path, head, layout.ratings, RATING_COLUMNS, options.columns)
    check_tail(ratings_path, tail, ratings, options.timestamp_unit)
    whole_lines = head[: head.rfind(b"\n") + 1] or head
    sample = part_into_fields(without_header(whole_lines, ratings)[0], ratings)
    check_unit(ratings_path, sample.texts["timestamp"], options.timestamp_unit)
    head, tail, _ = _edges(movies_path)
    movies = read_header(movies_path, head, layout.movies, MOVIE_COLUMNS, options.columns)
    check_tail(movies_path, tail, movies, options.timestamp_unit)
    layout = replace(layout, ratings=ratings, movies=movies)
    return Source(layout, ratings_path, movies_path, ratings_bytes)


def find_layout(folder: str) -> Layout:
    """Recognises a folder's layout, or says what to give instead.

    Raises:
        MissingFileError: There is no such folder, or half of a layout.
        UnknownLayoutError: It is in no layout, or in several.
    """
    if not tf.io.gfile.isdir(folder):
        if tf.io.gfile.exists(folder):
            raise MissingFileError(
                f"The data folder {folder} is a file. Give the folder of a ratings and a movies "
                "file; an archive has to be extracted first."
            )
        raise MissingFileError(
            f"The data folder {folder} does not exist. Give a folder of MovieLens files, or make "
            "one with `movielens data --output FOLDER`."
        )
    names = [name.rstrip("/") for name in tf.io.gfile.listdir(folder)]
    try:
        return recognise_layout(folder, names)
    except UnknownLayoutError as error:
        for below in sorted(tf.io.gfile.join(folder, name) for name in names):
            if _is_of_a_layout(below):
                raise UnknownLayoutError(f"{error} Or did you mean {below}?") from error
        raise


def content_fingerprint(folder: str) -> str:
    """Hashes the files that a run reads; see `Layout.fingerprint`.

    Raises:
        SourceError: The folder is missing, or in no known layout.
    """
    return find_layout(folder).fingerprint(
        lambda name: tf.io.gfile.GFile(tf.io.gfile.join(folder, name), "rb")
    )


def _is_of_a_layout(folder: str) -> bool:
    if not tf.io.gfile.isdir(folder):
        return False
    try:
        recognise_layout(folder, tf.io.gfile.listdir(folder))
    except (MissingFileError, UnknownLayoutError):
        return False
    return True


def _edges(path: str) -> tuple[bytes, bytes, int]:
    """Returns a file's first and last bytes and its size."""
    with tf.io.gfile.GFile(path, "rb") as file:
        size: int = file.size()
        head: bytes = file.read(_EDGE_BYTES)
        file.seek(max(0, size - _EDGE_BYTES))
        tail: bytes = file.read(_EDGE_BYTES)
    return head, tail, size

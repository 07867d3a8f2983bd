"""Opening a MovieLens folder: finds every fault that shows before the files are read in full."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import tensorflow as tf

from movielens.config import ReadOptions
from movielens.errors import MissingFileError, UnknownLayoutError
from movielens.reading.columns import check_tail, read_header, without_header
from movielens.reading.layouts import MOVIE_COLUMNS, RATING_COLUMNS, Layout, Table, recognise_layout
from movielens.reading.parsing import part_into_fields
from movielens.reading.timestamps import check_unit

_EDGE_BYTES: Final = 1 << 16  # more than any two lines


@dataclass(frozen=True)
class Source:
    """A folder that looks sound."""

    layout: Layout  # reports call the files by the names in it
    ratings_path: str
    movies_path: str
    ratings_bytes: int
    age: int = 0  # how many spans of the window are newer


def open_sources(folders: Sequence[str], options: ReadOptions) -> tuple[Source, ...]:
    """Opens the folders of a window of spans, given the oldest first; returns the newest first.

    If there are several, reports call their files by the part of the path in which they differ.
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
    """Recognises the layout of a folder, local or remote, and checks both ends of its two files.

    A SourceError if the folder or a file is missing, empty, packed, cut, in no known layout, or not
    as the options say.
    """
    options = options or ReadOptions()
    layout = find_layout(folder)
    ratings_path, movies_path = (tf.io.gfile.join(folder, name) for name in layout.files)
    ratings, head = _checked_table(ratings_path, layout.ratings, RATING_COLUMNS, options)
    whole_lines = head[: head.rfind(b"\n") + 1] or head
    sample = part_into_fields(without_header(whole_lines, ratings)[0], ratings)
    check_unit(ratings_path, sample.texts["timestamp"], options.timestamp_unit)
    movies, _ = _checked_table(movies_path, layout.movies, MOVIE_COLUMNS, options)
    layout = replace(layout, ratings=ratings, movies=movies)
    ratings_bytes = tf.io.gfile.stat(ratings_path).length
    return Source(layout, ratings_path, movies_path, ratings_bytes)


def find_layout(folder: str) -> Layout:
    """Recognises a folder's layout; if a folder in it has one instead, the error suggests that."""
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
    """Hashes the files that a run reads; see `Layout.fingerprint`."""
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


def _checked_table(
    path: str, table: Table, needed: tuple[str, ...], options: ReadOptions
) -> tuple[Table, bytes]:
    """Checks both ends of a file; returns its table with its own columns, and its first bytes."""
    with tf.io.gfile.GFile(path, "rb") as file:
        head: bytes = file.read(_EDGE_BYTES)
        file.seek(max(0, file.size() - _EDGE_BYTES))
        tail: bytes = file.read(_EDGE_BYTES)
    table = read_header(path, head, table, needed, options.columns)
    check_tail(path, tail, table, options.timestamp_unit)
    return table, head

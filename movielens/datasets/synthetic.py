"""Made-up MovieLens data of any size, for benchmarks and for trying things at scale.

Popularity and activity are long-tailed, as in the real data. Ratings depend on the movie, the user,
the genres, a few latent factors and noise, so that models have something to learn.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from movielens import constants
from movielens.datasets.atomic_files import refuse_to_replace, write_file
from movielens.errors import IngestConfigError
from movielens.reading.layouts import CSV_LAYOUT

_ADJECTIVES: Final = ("Amber", "Broken", "Frozen", "Golden", "Hidden", "Lost", "Silent", "Velvet")
_NOUNS: Final = ("Bridge", "Circus", "Garden", "Island", "Journey", "Mirror", "River", "Stranger")
_LATENT_FACTORS: Final = 8
_ZIPF_EXPONENT: Final = 0.9
_ZIPF_OFFSET: Final = 10  # flattens the head: the top movie is rated often, not by everybody
_ACTIVITY_SPREAD: Final = 1.1  # standard deviation of the logarithm of a user's activity
_FIRST_TIMESTAMP: Final = 820_454_400  # 1996-01-01
_LAST_TIMESTAMP: Final = 1_704_067_200  # 2024-01-01
_STAY_SECONDS: Final = 90 * 86_400  # mean time from a user's first rating to another
_ROWS_AT_A_TIME: Final = 1 << 20

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


def write_synthetic(
    folder: str | Path, *, users: int, movies: int, ratings: int, seed: int = 0
) -> Path:
    """Writes made-up ratings and movies as `ratings.csv` and `movies.csv`; returns the folder.

    Each user has at least one rating; at most half of all pairs of user and movie are rated. The
    same arguments and seed give the same bytes.
    """
    for name, value, minimum in (("users", users, 1), ("movies", movies, 2), ("seed", seed, 0)):
        if value < minimum:
            raise IngestConfigError(f"{name} should be at least {minimum}. Received: {value}")
    if not users <= ratings <= users * (movies // 2):
        raise IngestConfigError(
            f"ratings should be from {users} (one a user) to {users * (movies // 2)} (half of all "
            f"pairs of {users} users and {movies} movies). Received: {ratings}"
        )
    folder = Path(folder)
    ratings_file, movies_file = (folder / name for name in CSV_LAYOUT.files)
    refuse_to_replace([ratings_file, movies_file])
    rng = np.random.default_rng(seed)
    movie_ids = np.cumsum(rng.integers(1, 4, movies))  # with gaps, as the published ids
    genres = _draw_genres(rng, movies)
    write_file(movies_file, _movie_lines(rng, movie_ids, genres))
    pairs = _draw_pairs(rng, users, movies, ratings)
    write_file(ratings_file, _rating_lines(rng, pairs, users, movie_ids, genres))
    return folder


def _draw_genres(rng: np.random.Generator, movies: int) -> npt.NDArray[np.bool_]:
    """Gives each movie up to three genres; shape [movies, genres]."""
    count = len(constants.GENRE_NAMES)
    weights = rng.dirichlet(np.full(count, 0.8))
    drawn = rng.choice(count, size=(movies, 3), p=weights)
    is_kept = rng.random((movies, 3)) < (0.97, 0.6, 0.3)
    genres = np.zeros((movies, count), bool)
    for column in range(3):
        kept = np.flatnonzero(is_kept[:, column])
        genres[kept, drawn[kept, column]] = True
    return genres


def _movie_lines(
    rng: np.random.Generator, movie_ids: Ids, genres: npt.NDArray[np.bool_]
) -> Iterator[bytes]:
    yield ",".join(CSV_LAYOUT.movies.columns).encode() + b"\n"
    years = 2023 - np.minimum(rng.gamma(1.5, 12, len(movie_ids)), 100).astype(int)
    names = np.array(constants.GENRE_NAMES)
    for index, (movie_id, year, flags) in enumerate(zip(movie_ids, years, genres, strict=True)):
        edition, name = divmod(index, len(_ADJECTIVES) * len(_NOUNS))
        adjective, noun = divmod(name, len(_NOUNS))
        number = f" {edition + 1}" if edition else ""
        title = f'"{_ADJECTIVES[adjective]} {_NOUNS[noun]}{number}, The ({year})"'
        genre_names = "|".join(names[flags]) or "(no genres listed)"
        yield f"{movie_id},{title},{genre_names}\n".encode()


def _draw_pairs(rng: np.random.Generator, users: int, movies: int, ratings: int) -> Ids:
    """Draws distinct pairs, as ascending numbers `user * movies + movie`."""
    wanted = _draw_activity(rng, users, ratings, movies // 2)
    popularity = np.cumsum((np.arange(movies) + _ZIPF_OFFSET) ** -_ZIPF_EXPONENT)
    by_popularity = rng.permutation(movies)
    pairs = np.empty(0, np.int64)
    missing = wanted
    uniform_share = 0.0
    while missing.any():
        user = np.repeat(np.arange(users), missing)
        drawn = np.searchsorted(popularity, rng.random(len(user)) * popularity[-1])
        is_uniform = rng.random(len(user)) < uniform_share
        drawn[is_uniform] = rng.integers(0, movies, int(is_uniform.sum()))
        new = np.sort(user * movies + by_popularity[drawn])
        pairs = np.sort(np.concatenate([pairs, new]), kind="stable")  # merges two sorted runs
        pairs = pairs[np.diff(pairs, prepend=-1) > 0]
        missing = wanted - np.bincount(pairs // movies, minlength=users)
        # A user who has most of the popular movies would draw them again and again.
        uniform_share = min(1.0, uniform_share + 0.25)
    return pairs


def _draw_activity(rng: np.random.Generator, users: int, ratings: int, most: int) -> Ids:
    """Gives each user a number of ratings, 1 to `most`, that add up to `ratings`."""
    weights = rng.lognormal(sigma=_ACTIVITY_SPREAD, size=users)
    counts = np.ones(users, np.int64)
    while left := ratings - int(counts.sum()):
        open_weights = np.where(counts < most, weights, 0)
        share = np.floor(left * open_weights / open_weights.sum()).astype(np.int64)
        if share.any():
            counts = np.minimum(counts + share, most)
        else:
            counts[np.flatnonzero(counts < most)[:left]] += 1
    return counts


def _rating_lines(
    rng: np.random.Generator,
    pairs: Ids,
    users: int,
    movie_ids: Ids,
    genres: npt.NDArray[np.bool_],
) -> Iterator[bytes]:
    yield ",".join(CSV_LAYOUT.ratings.columns).encode() + b"\n"
    movies = len(movie_ids)
    user_factors, movie_factors = _draw_factors(rng, users, genres)
    arrival = rng.integers(_FIRST_TIMESTAMP, _LAST_TIMESTAMP, users)
    stars = pa.array([f"{half / 2:.1f}" for half in range(11)])
    for start in range(0, len(pairs), _ROWS_AT_A_TIME):
        user, movie = np.divmod(pairs[start : start + _ROWS_AT_A_TIME], movies)
        score = np.einsum("ij,ij->i", user_factors[user], movie_factors[movie])
        score += rng.normal(0, 0.75, len(user))
        halves = np.clip(np.rint(score * 2), 1, 10).astype(np.int64)
        stay = rng.exponential(_STAY_SECONDS, len(user)).astype(np.int64)
        table = pa.table(
            {
                "user": user + 1,
                "movie": movie_ids[movie],
                "rating": stars.take(pa.array(halves)),
                "timestamp": arrival[user] + stay,
            }
        )
        buffer = pa.BufferOutputStream()
        options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
        pa.csv.write_csv(table, buffer, options)
        yield buffer.getvalue().to_pybytes()


def _draw_factors(
    rng: np.random.Generator, users: int, genres: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Draws vectors whose inner product is the rating that a user would give without noise."""
    movies = len(genres)
    taste = rng.normal(0, 0.45, (users, genres.shape[1]))
    shares = genres / np.maximum(genres.sum(axis=1, keepdims=True), 1)
    latent = 0.45 / _LATENT_FACTORS**0.25
    generosity = 3.5 + rng.normal(0, 0.4, (users, 1))
    user_latent = rng.normal(0, latent, (users, _LATENT_FACTORS))
    quality = rng.normal(0, 0.45, (movies, 1))
    movie_latent = rng.normal(0, latent, (movies, _LATENT_FACTORS))
    user = np.hstack([np.ones((users, 1)), generosity, taste, user_latent])
    movie = np.hstack([quality, np.ones((movies, 1)), shares, movie_latent])
    return user.astype(np.float32), movie.astype(np.float32)

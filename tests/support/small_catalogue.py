"""A catalogue of made-up movies, as a model's tables."""

from typing import Any

import numpy as np

from trainer_module.data.catalogue import Catalogue, CatalogueTables
from trainer_module.data.inputs import MOVIE_FEATURES
from transform_module import features

_WORDS = 12


def small_tables(movies: int, seed: int = 0) -> CatalogueTables:
    """Movies 10, 20, ... in rows 1, 2, ..., with genres, years and titles at random.

    Some have no genre or no title.
    """
    random = np.random.default_rng(seed)
    genres = np.full((movies, features.MAX_GENRES), features.PADDING_ID)
    words = np.full((movies, features.MAX_TITLE_WORDS), features.PADDING_ID)
    for row in range(movies):
        chosen = random.choice(len(features.GENRE_NAMES), random.integers(0, 4), replace=False)
        genres[row, : len(chosen)] = chosen
        title = random.choice(_WORDS, random.integers(0, 4), replace=False)
        words[row, : len(title)] = 1000 + title
    columns: dict[str, Any] = {name: np.zeros(movies, np.float32) for name in MOVIE_FEATURES} | {
        features.MOVIE_ID: 10 * np.arange(1, movies + 1),
        features.MOVIE_INDEX: np.arange(1, movies + 1),
        features.GENRE_INDICES: genres,
        features.TITLE_WORDS: words,
        features.RELEASE_YEAR: random.integers(1950, 2015, movies).astype(np.float32),
    }
    unknown = {name: np.zeros_like(column[:1]) for name, column in columns.items()} | {
        features.GENRE_INDICES: np.full_like(genres[:1], features.PADDING_ID),
        features.TITLE_WORDS: np.full_like(words[:1], features.PADDING_ID),
        features.RELEASE_YEAR: np.array([1995.0], np.float32),
    }
    titles = np.array([b"A movie"] * movies, object)
    return CatalogueTables(Catalogue(columns[features.MOVIE_ID], titles, columns), unknown)

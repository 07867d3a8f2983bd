"""Requests to a recommender and its answers: as plain values, and as tensors of `serving.contract`.

Movie ids are MovieLens ids. Rows shorter than the longest are padded with the id -1.
tensorflow/serving may batch requests: so every tensor has a row for each user (the signatures also
take a single k), and histories and exclusions begin with padding, because it fills up shorter rows
with a tensor's first element. An answer without one of the outputs is an UnexpectedAnswerError.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from serving import contract
from serving.contract import PADDING_ID
from serving.errors import UnexpectedAnswerError
from serving.protos import get_model_status_pb2
from serving.tensors import Array, decode


@dataclass(frozen=True, kw_only=True)
class RatedMovie:
    """One movie of a user's history."""

    movie_id: int
    rating: float  # 0.5 to 5 stars; to the model any other number is an unknown rating


@dataclass(frozen=True, kw_only=True)
class NewMovie:
    """A movie that the model has not seen; title and genres as in MovieLens, both may be empty."""

    title: str = ""
    genres: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """One recommended movie."""

    movie_id: int
    score: float  # falls along the list; comparable within one list only
    title: str  # with the year, as in MovieLens; empty if unknown


@dataclass(frozen=True, kw_only=True)
class RecommendationList:
    """The movies recommended to one user, best first; fewer than asked for in a small catalogue.

    `tier` says how they were found: `model`, `content` (the history is too short for the model) or
    `popular` (there is no history).
    """

    tier: str
    movies: tuple[Recommendation, ...]
    model_version: int


@dataclass(frozen=True, kw_only=True)
class PredictedRating:
    """What a user is expected to think of one movie."""

    movie_id: int
    rating: float  # expected stars, 0.5 to 5
    liked: float  # probability of 4 stars or more, 0 to 1


@dataclass(frozen=True, kw_only=True)
class SimilarMovies:
    """The movies most like one movie, best first; none for an id that the model does not know.

    Their scores are the cosines of the embeddings.
    """

    movies: tuple[Recommendation, ...]
    model_version: int


@dataclass(frozen=True, kw_only=True)
class MovieEmbedding:
    """Where the model places a new movie, and the closest movies of the catalogue, best first."""

    embedding: tuple[float, ...]
    similar_movie_ids: tuple[int, ...]
    model_version: int


@dataclass(frozen=True, kw_only=True)
class VersionStatus:
    """The state of one version of a model."""

    version: int
    state: str  # START, LOADING, AVAILABLE, UNLOADING or END
    error: str  # why it could not be loaded; else empty


History = Sequence[RatedMovie]


def recommend_inputs(
    histories: Sequence[History], *, k: int, exclude: Sequence[Sequence[int]] | None
) -> dict[str, Array]:
    """The input tensors of `recommend`; arguments and errors as `RecommenderClient.recommend`.

    >>> seen = [[RatedMovie(movie_id=1, rating=5.0), RatedMovie(movie_id=7, rating=2.0)], []]
    >>> recommend_inputs(seen, k=3, exclude=None)["history_movie_ids"].tolist()
    [[-1, 1, 7], [-1, -1, -1]]
    """
    excluded = exclude if exclude is not None else [()] * len(histories)
    _check_one_a_user("exclude", excluded, histories)
    return {
        **_history_inputs(histories),
        contract.EXCLUDE_MOVIE_IDS: _led_by_padding(excluded, PADDING_ID, np.int64),
        contract.K: _lengths(k, len(histories)),
    }


def rate_inputs(
    histories: Sequence[History], candidates: Sequence[Sequence[int]]
) -> dict[str, Array]:
    """The input tensors of `rate`; arguments and errors as `RecommenderClient.rate`."""
    _check_one_a_user("candidates", candidates, histories)
    return {
        **_history_inputs(histories),
        contract.CANDIDATE_MOVIE_IDS: _padded(candidates, PADDING_ID, np.int64),
    }


def similar_inputs(movie_ids: Sequence[int], *, k: int) -> dict[str, Array]:
    """The input tensors of `similar`; arguments and errors as `RecommenderClient.similar`."""
    if not movie_ids:
        raise ValueError("Ask for at least one movie: movie_ids is empty.")
    return {
        contract.MOVIE_IDS: np.array(movie_ids, np.int64),
        contract.K: _lengths(k, len(movie_ids)),
    }


def embed_inputs(movies: Sequence[NewMovie]) -> dict[str, Array]:
    """The input tensors of `embed`; arguments and errors as `RecommenderClient.embed`."""
    if not movies:
        raise ValueError("Ask for at least one movie: movies is empty.")
    for movie in movies:
        for genre in movie.genres:
            if contract.GENRE_SEPARATOR in genre:
                raise ValueError(f"Give genres one by one. Received: {genre!r}")
    return {
        contract.TITLES: np.array([movie.title for movie in movies], dtype=object),
        contract.GENRES: np.array(
            [contract.GENRE_SEPARATOR.join(m.genres) for m in movies], dtype=object
        ),
    }


def recommendation_lists(response: Any) -> list[RecommendationList]:
    """Reads a PredictResponse of `recommend`: one list for each user, padding removed."""
    rows = _rows(response, contract.RECOMMEND)
    return [
        RecommendationList(
            tier=tier.decode(),
            movies=_recommendations(movie_ids, scores, titles),
            model_version=response.model_spec.version.value,
        )
        for movie_ids, scores, titles, tier in rows
    ]


def predicted_ratings(
    response: Any, candidates: Sequence[Sequence[int]]
) -> list[tuple[PredictedRating, ...]]:
    """Reads a PredictResponse of `rate`: one rating for each candidate, in the order asked."""
    rows = _rows(response, contract.RATE)
    return [
        tuple(
            PredictedRating(movie_id=movie_id, rating=rating, liked=liked)
            # The model's rows are as long as the longest list of candidates: no `strict` here.
            for movie_id, rating, liked in zip(movie_ids, ratings, likes, strict=False)
        )
        for movie_ids, (ratings, likes) in zip(candidates, rows, strict=True)
    ]


def similar_movies(response: Any) -> list[SimilarMovies]:
    """Reads a PredictResponse of `similar`: one list for each movie, padding removed."""
    rows = _rows(response, contract.SIMILAR)
    version = response.model_spec.version.value
    return [SimilarMovies(movies=_recommendations(*row), model_version=version) for row in rows]


def movie_embeddings(response: Any) -> list[MovieEmbedding]:
    """Reads a PredictResponse of `embed`: one embedding for each movie."""
    rows = _rows(response, contract.EMBED)
    return [
        MovieEmbedding(
            embedding=tuple(embedding),
            similar_movie_ids=tuple(i for i in movie_ids if i != PADDING_ID),
            model_version=response.model_spec.version.value,
        )
        for embedding, movie_ids in rows
    ]


def version_statuses(response: Any) -> list[VersionStatus]:
    """Reads a GetModelStatusResponse."""
    name_of = get_model_status_pb2.ModelVersionStatus.State.Name
    return [
        VersionStatus(
            version=status.version, state=name_of(status.state), error=status.status.error_message
        )
        for status in response.model_version_status
    ]


def _recommendations(
    movie_ids: Sequence[int], scores: Sequence[float], titles: Sequence[bytes]
) -> tuple[Recommendation, ...]:
    return tuple(
        Recommendation(movie_id=movie_id, score=score, title=title.decode())
        for movie_id, score, title in zip(movie_ids, scores, titles, strict=True)
        if movie_id != PADDING_ID
    )


def _lengths(k: int, rows: int) -> Array:
    if not 0 <= k <= np.iinfo(np.int32).max:
        raise ValueError(f"k must be a number of movies, 0 or more. Received: {k}")
    return np.full(rows, k, dtype=np.int32)


def _history_inputs(histories: Sequence[History]) -> dict[str, Array]:
    if not histories:
        raise ValueError("Ask for at least one user: histories is empty.")
    movie_ids = [[movie.movie_id for movie in history] for history in histories]
    ratings = [[movie.rating for movie in history] for history in histories]
    return {
        contract.HISTORY_MOVIE_IDS: _led_by_padding(movie_ids, PADDING_ID, np.int64),
        contract.HISTORY_RATINGS: _led_by_padding(ratings, 0.0, np.float32),
    }


def _led_by_padding(rows: Sequence[Sequence[float]], filler: float, dtype: Any) -> Array:
    return _padded([(filler, *row) for row in rows], filler, dtype)


def _padded(rows: Sequence[Sequence[float]], filler: float, dtype: Any) -> Array:
    padded = np.full((len(rows), max(map(len, rows))), filler, dtype=dtype)
    for row, values in zip(padded, rows, strict=True):
        row[: len(values)] = values
    return padded


def _check_one_a_user(name: str, lists: Sequence[object], histories: Sequence[object]) -> None:
    if len(lists) != len(histories):
        raise ValueError(
            f"{name} must hold one list for each of the {len(histories)} histories. "
            f"Received: {len(lists)} lists"
        )


def _rows(response: Any, signature_name: str) -> Iterator[tuple[Any, ...]]:
    """For each row of the batch the values of the signature's outputs, in the contract's order."""
    names = contract.SIGNATURES[signature_name].outputs
    missing = [name for name in names if name not in response.outputs]
    if missing:
        raise UnexpectedAnswerError(
            f"The model's answer lacks the outputs {missing}. Received: "
            f"{sorted(response.outputs)}. Is another model served under this name?"
        )
    return zip(*(decode(response.outputs[name]).tolist() for name in names), strict=True)

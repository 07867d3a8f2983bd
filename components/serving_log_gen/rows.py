"""Logged requests as rows: which movie was asked about, with which history.

A request to `rate` makes a row for each user and candidate, like a training example, which is one
for each user and rating. A request to `recommend` makes a row for each user, without a movie.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from components.movielens_example_gen.encoding import HistoryLists
from serving.contract import (
    CANDIDATE_MOVIE_IDS,
    HISTORY_MOVIE_IDS,
    HISTORY_RATINGS,
    PADDING_ID,
    RATE,
    RECOMMEND,
)
from serving.tensors import decode

OTHER_MODEL: Final = "of other models"
OTHER_SIGNATURE: Final = "to other signatures"
UNREADABLE: Final = "unreadable"
NO_MOVIE: Final = 0

_Ints = npt.NDArray[np.int64]
_Ratings = npt.NDArray[np.float32]


class ServedRows(NamedTuple):
    """Rows of some requests."""

    movie_ids: _Ints  # [n], the movie that was asked about; `NO_MOVIE` if none was
    history_of: _Ints  # [n], the place of the row's history in `histories`
    histories: HistoryLists  # of the users who asked
    requests: Counter[str]  # how many requests there were of each kind


class _Request(NamedTuple):
    """One request: its users' histories, and the movies that each asks about."""

    lengths: _Ints  # [users]
    history_movie_ids: _Ints  # [sum of lengths]
    history_ratings: _Ratings  # [sum of lengths]
    asked: _Ints  # [users], rows of each
    movie_ids: _Ints  # [sum of asked]

    @classmethod
    def of(cls, inputs: Any, signature: str) -> Self:
        movie_ids = decode(inputs[HISTORY_MOVIE_IDS])
        ratings = decode(inputs[HISTORY_RATINGS]).astype(np.float32)
        if movie_ids.shape != ratings.shape or movie_ids.ndim != 2:
            raise ValueError(f"histories of shapes {movie_ids.shape} and {ratings.shape}")
        is_movie = movie_ids != PADDING_ID
        users = len(movie_ids)
        asked, candidates = np.ones(users, np.int64), np.full(users, NO_MOVIE)
        if signature == RATE:
            given = decode(inputs[CANDIDATE_MOVIE_IDS])
            if given.ndim != 2 or len(given) != users:
                raise ValueError(f"candidates of shape {given.shape} for {users} histories")
            is_candidate = given != PADDING_ID
            asked, candidates = is_candidate.sum(axis=1), given[is_candidate]
        lengths = is_movie.sum(axis=1)
        return cls(lengths, movie_ids[is_movie], ratings[is_movie], asked, candidates)


def rows_of(logs: Iterable[Any], model_name: str) -> ServedRows:
    """Returns the rows of those PredictionLogs that are requests to a model."""
    counts: Counter[str] = Counter()
    nothing = np.empty(0, np.int64)
    requests = [_Request(nothing, nothing, np.empty(0, np.float32), nothing, nothing)]
    for log in logs:
        kind = _kind(log, model_name)
        if kind in (RATE, RECOMMEND):
            try:
                requests.append(_Request.of(log.predict_log.request.inputs, kind))
            except ValueError:  # made for another version of the signatures, for example
                kind = UNREADABLE
        counts[kind] += 1
    joined = _Request(*map(np.concatenate, zip(*requests, strict=True)))
    return ServedRows(
        movie_ids=joined.movie_ids,
        history_of=np.repeat(np.arange(len(joined.asked)), joined.asked),
        histories=HistoryLists(
            np.concatenate([[0], np.cumsum(joined.lengths)]).astype(np.int32),
            joined.history_movie_ids,
            joined.history_ratings,
        ),
        requests=counts,
    )


def _kind(log: Any, model_name: str) -> str:
    if log.log_metadata.model_spec.name != model_name:
        return OTHER_MODEL
    is_predict = log.WhichOneof("log_type") == "predict_log"
    signature: str = log.predict_log.request.model_spec.signature_name if is_predict else ""
    return signature if signature in (RATE, RECOMMEND) else OTHER_SIGNATURE

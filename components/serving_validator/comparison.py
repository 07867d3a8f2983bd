"""Whether a served answer is the offline one."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from components.serving_validator.report import Finding
from serving.contract import MOVIE_IDS, SCORES, SIMILAR_MOVIE_IDS, TITLES
from serving.tensors import Array

Outputs = Mapping[str, Array]


def no_ranking() -> None:
    """Of a request for no list."""


def differences(
    subject: str,
    *,
    served: Outputs,
    offline: Outputs,
    tolerance: float,
    ranking: Callable[[], Outputs | None] = no_ranking,
) -> Iterator[Finding]:
    """Says where a served answer is not a number, or not the offline one.

    Args:
        subject: what was asked.
        served: what the server answered, by output.
        offline: what the same SavedModel says in this process.
        tolerance: how far numbers may be apart. Ids and texts must be the same, but for movies
            whose offline scores are no further apart: they may change places.
        ranking: gives the whole offline list of which an answer is the beginning: `movie_ids`,
            `scores` and `titles` [B, N]; None where there is none. Asked if ids differ.
    """
    if served.keys() != offline.keys():
        outputs = (", ".join(sorted(each)) for each in (offline, served))
        yield Finding(subject=subject, expected=next(outputs), received=next(outputs))
        return
    offline = _with_ties_as_served(served, offline, tolerance, ranking)
    for name, expected in sorted(offline.items()):
        yield from _differences(f"{subject}, output {name}", served[name], expected, tolerance)


def _with_ties_as_served(
    served: Outputs, offline: Outputs, tolerance: float, ranking: Callable[[], Outputs | None]
) -> Outputs:
    """The offline answer, with movies of equal scores in the places where they are served."""
    name = MOVIE_IDS if MOVIE_IDS in offline else SIMILAR_MOVIE_IDS
    if name not in offline or served[name].shape != offline[name].shape:
        return offline
    places = np.argwhere(served[name] != offline[name])
    whole = ranking() if len(places) else None
    if whole is None:
        return offline
    expected = {name: array.copy() for name, array in offline.items()}
    for row, column in places:
        movie = served[name][row, column]
        if movie < 0 or np.count_nonzero(served[name][row] == movie) > 1:
            continue  # no movie, or one that takes the place of another
        scores = whole[SCORES][row]
        for found in np.flatnonzero(whole[MOVIE_IDS][row] == movie):
            if column < len(scores) and abs(scores[found] - scores[column]) <= tolerance:
                expected[name][row, column] = movie
                for output in expected.keys() & {SCORES, TITLES}:
                    expected[output][row, column] = whole[output][row, found]
    return expected


def _differences(
    subject: str, served: Array, offline: Array, tolerance: float
) -> Iterator[Finding]:
    if served.shape != offline.shape:
        yield Finding(
            subject=subject, expected=f"shape {offline.shape}", received=f"shape {served.shape}"
        )
        return
    if not np.issubdtype(offline.dtype, np.floating):
        wrong = np.argwhere(served != offline)
        if len(wrong):
            wanted = f"{offline[tuple(wrong[0])]!s}, as offline"
            yield _at(subject, wrong[0], served, wanted)
        return
    not_finite = np.argwhere(~np.isfinite(served))
    if len(not_finite):
        yield _at(subject, not_finite[0], served, "a finite number")
        return
    apart = np.argwhere(~(np.abs(served - offline) <= tolerance))
    if len(apart):
        wanted = f"{offline[tuple(apart[0])]:.7g} within {tolerance:g}, as offline"
        yield _at(subject, apart[0], served, wanted)


def _at(subject: str, place: Any, served: Array, expected: str) -> Finding:
    where = "".join(f"[{index}]" for index in place)
    return Finding(
        subject=f"{subject}{where}", expected=expected, received=f"{served[tuple(place)]}"
    )

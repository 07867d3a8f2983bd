"""Compares a served answer with the offline one."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from components.serving_validator.report import Finding
from serving.contract import MOVIE_IDS, SCORES, SIMILAR_MOVIE_IDS, TITLES
from serving.tensors import Array

Outputs = Mapping[str, Array]


def differences(
    subject: str,
    *,
    served: Outputs,
    offline: Outputs,
    tolerance: float,
    ranking: Callable[[], Outputs | None] = lambda: None,
) -> Iterator[Finding]:
    """Yields where a served answer is not a number, or differs from the offline one.

    Args:
        subject: The request.
        served: The server's answer, by output.
        offline: The answer of the same SavedModel in this process.
        tolerance: How far apart numbers may be. Ids and texts must be the same, but movies whose
            offline scores are no further apart may change places.
        ranking: Returns the whole offline list of which an answer is the beginning (see
            `OfflineModel.ranking`). Called only if ids differ.
    """
    if served.keys() != offline.keys():
        expected, received = (", ".join(sorted(each)) for each in (offline, served))
        yield Finding(subject=subject, expected=expected, received=received)
        return
    offline = _with_ties_as_served(served, offline, tolerance, ranking)
    for name, array in sorted(offline.items()):
        yield from _differences(f"{subject}, output {name}", served[name], array, tolerance)


def _with_ties_as_served(
    served: Outputs, offline: Outputs, tolerance: float, ranking: Callable[[], Outputs | None]
) -> Outputs:
    """Returns the offline answer, with movies of equal scores in the places they are served in."""
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
            continue  # padding, or a movie that is served twice
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
    """Yields the first difference of an output, if there is one."""

    def at(place: NDArray[np.intp], expected: str) -> Finding:
        where = "".join(f"[{index}]" for index in place)
        received = f"{served[tuple(place)]}"
        return Finding(subject=f"{subject}{where}", expected=expected, received=received)

    if served.shape != offline.shape:
        yield Finding(
            subject=subject, expected=f"shape {offline.shape}", received=f"shape {served.shape}"
        )
    elif not np.issubdtype(offline.dtype, np.floating):
        for place in np.argwhere(served != offline)[:1]:
            yield at(place, f"{offline[tuple(place)]!s}, as offline")
    elif not np.isfinite(served).all():
        yield at(np.argwhere(~np.isfinite(served))[0], "a finite number")
    else:
        for place in np.argwhere(~(np.abs(served - offline) <= tolerance))[:1]:
            yield at(place, f"{offline[tuple(place)]:.7g} within {tolerance:g}, as offline")

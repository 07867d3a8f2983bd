"""What the watched movies most like a candidate say, against a loop over them."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from tests.trainer_module.gp_dnn.fitted_profiles import (
    MOVIES,
    fitted_profiles,
    with_theoretical_ties,
)
from trainer_module.gp_dnn.watched_neighbours import NeighbourFigures, neighbour_figures

CANDIDATES = list(range(MOVIES + 1))
WATCHED = [3, 17, 38, 8, 25, 31, 12, 5, 9, 21, 30, 14, 2]  # more than are looked at
RESIDUALS = np.linspace(-1.5, 1.2, len(WATCHED))
STARS = np.linspace(1.0, 5.0, len(WATCHED))


def described(
    candidates: list[int], watched: list[int], residuals: ArrayLike, stars: ArrayLike
) -> NeighbourFigures:
    table = fitted_profiles().table
    figures = neighbour_figures(
        table.at(tf.constant(candidates)),
        table.at(tf.constant(watched)),
        tf.constant(residuals, tf.float32),
        tf.constant(stars, tf.float32),
    )
    return NeighbourFigures(*(figure.numpy() for figure in figures))


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(vector)
    return vector / length if length > 1e-6 else vector


def likenesses(candidate: int, watched: int) -> tuple[Any, ...]:
    """Loved by the same people, watched by the same, alike in title, alike in genres and era."""
    one, other = (
        {name: part.numpy()[row] for name, part in fitted_profiles().table._asdict().items()}
        for row in (candidate, watched)
    )
    return (
        unit(one["residual"]) @ unit(other["residual"]),
        one["seen"] @ other["seen"],
        one["title"] @ other["title"],
        (one["genres"] @ other["genres"]) * (one["era"] @ other["era"]),
    )


def by_hand(candidate: int) -> list[float]:
    likeness = np.array([likenesses(candidate, row) for row in WATCHED])
    columns = []
    for kind in range(4):
        order = np.argsort(-likeness[:, kind], kind="stable")[:10]
        near = np.maximum(likeness[order, kind], 0.0)
        columns += [near @ RESIDUALS[order] / (near.sum() + 0.5), near[0]]
        if kind < 2:
            columns.append(near @ STARS[order] / max(near.sum(), 1e-3))
    crowd = np.exp(4.0 * likeness[:, 1])
    return [*columns, crowd @ RESIDUALS / (crowd.sum() + 20.0)]


def test_figures_are_those_of_a_loop_over_the_watched_movies() -> None:
    expected = [by_hand(candidate) for candidate in CANDIDATES]
    answer = np.stack(described(CANDIDATES, WATCHED, RESIDUALS, STARS), axis=1)
    np.testing.assert_allclose(answer, expected, atol=1e-4)


@pytest.mark.parametrize("size", [1, 2, 3, 17])
def test_a_candidate_is_described_alike_whatever_it_is_asked_with(size: int) -> None:
    """Each candidate is equally like all watched movies, but for rounding errors."""
    table = with_theoretical_ties(fitted_profiles().table)
    watched = table.at(tf.range(1, 40, 2))
    residuals, stars = tf.linspace(-2.0, 2.0, 20), tf.linspace(0.5, 5.0, 20)
    together = neighbour_figures(table.at(tf.constant(CANDIDATES)), watched, residuals, stars)
    alone = [
        neighbour_figures(
            table.at(tf.constant(CANDIDATES[start : start + size])), watched, residuals, stars
        )
        for start in range(0, len(CANDIDATES), size)
    ]
    np.testing.assert_allclose(np.concatenate(alone, axis=1), together, atol=1e-5)


@pytest.mark.parametrize("watched", [[0], [0, 0]])
def test_who_has_watched_nothing_has_no_neighbours(watched: list[int]) -> None:
    nothing = np.zeros(len(watched))
    answer = described(CANDIDATES, watched, nothing, nothing)
    for name, figure in answer._asdict().items():
        assert figure.shape == (len(CANDIDATES),), name
        assert np.isfinite(figure).all(), name
        assert not (name.endswith("residual") and figure.any()), name


def test_one_watched_movie_is_enough() -> None:
    answer = described([5], [5], [1.5], [5.0])
    # Itself, as near as can be by love: its residual damped by half a movie.
    assert answer.loved_nearness == pytest.approx(1.0, abs=1e-5)
    assert answer.loved_residual == pytest.approx(1.5 / 1.5, abs=1e-5)
    assert answer.loved_stars == pytest.approx(5.0, abs=1e-4)

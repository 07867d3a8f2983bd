"""The signatures `similar` and `embed`."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.support.world import MOVIES, UNRATED_MOVIE
from tests.trainer_module.questions import ALL_IDS, assert_valid, embed, similar
from trainer_module.export import ranking
from trainer_module.export.neighbours import Neighbours
from transform_module import features

UNKNOWN = 999_999

# Rows: the unknown movie, then movies 10, 20, 30 and 40.
UNIT = tf.constant([[0.0, 0.0], [1.0, 0.0], [0.8, 0.6], [0.96, 0.28], [-1.0, 0.0]])


@pytest.fixture(scope="module")
def neighbours() -> Neighbours:
    return Neighbours(
        UNIT,
        tf.constant([1.0, 0.5, 0.25, 0.125]),
        tf.constant([10, 20, 30, 40], tf.int64),
        tf.constant(["a", "b", "c", "d"]),
    )


def test_of_two_alike_the_better_known_comes_first(neighbours: Neighbours) -> None:
    ids, scores, titles = neighbours.of_rows(tf.constant([1], tf.int64), tf.constant(3))
    assert ids.numpy().tolist() == [[20, 30, 40]]
    np.testing.assert_allclose(scores, [[0.8 * 0.5, 0.96 * 0.25, -1.0]], atol=4e-6)
    assert titles.numpy().tolist() == [[b"b", b"c", b"d"]]


def test_a_vector_may_be_that_of_no_movie(neighbours: Neighbours) -> None:
    ids = neighbours.of_vectors(tf.constant([[0.6, 0.8], [0.0, 0.0]]), k=6)
    # 0.6 * 1, 0.96 * 0.5, 0.8 * 0.25, -0.6; the zero vector ties all, by increasing id.
    assert ids.numpy().tolist() == [[10, 20, 30, 40, -1, -1]] * 2


def test_the_canary_can_ask_for_the_scores_of_what_embed_lists(exported: Path) -> None:
    loaded = tf.saved_model.load(str(exported))
    described = embed(loaded.signatures, ["A new one (1992)"] * 2, ["Action", "Comedy"])
    whole = loaded.nearest(tf.constant(described["embeddings"]), tf.constant(tf.int32.max))
    assert whole["movie_ids"].shape == whole["titles"].shape == (2, MOVIES + 1)
    np.testing.assert_array_equal(whole["movie_ids"][:, :10], described["similar_movie_ids"])
    assert (np.diff(whole["scores"]) <= 0).all()


@pytest.mark.parametrize("movie", [ALL_IDS[0], ALL_IDS[7], UNRATED_MOVIE * 10])
def test_a_movie_is_never_like_itself(signatures: dict[str, Any], movie: int) -> None:
    answer = similar(signatures, [movie], k=MOVIES + 1)
    assert_valid(answer, shown=[movie])
    assert sorted(answer["movie_ids"][0])[1:] == sorted(set(ALL_IDS) - {movie})
    assert answer["movie_ids"][0, -1] == -1
    assert answer["titles"][0, 0].startswith(b"Movie ")
    assert np.abs(answer["scores"]).max() <= 1.0


@pytest.mark.parametrize("movie", [UNKNOWN, -1, 2**63 - 1, -(2**63), 5])
def test_an_unknown_movie_is_like_none(signatures: dict[str, Any], movie: int) -> None:
    answer = similar(signatures, [movie, 10], k=3)
    assert answer["movie_ids"][0].tolist() == [-1, -1, -1]
    assert answer["titles"][0].tolist() == [b"", b"", b""]
    assert answer["scores"][0].tolist() == [ranking.PADDING_SCORE] * 3
    assert (answer["movie_ids"][1] >= 0).all()


@pytest.mark.parametrize(("k", "width"), [(0, 0), (-3, 0), (1, 1), (25, 25), (10_000, 25)])
def test_k_is_clamped_to_the_catalogue(signatures: dict[str, Any], k: int, width: int) -> None:
    assert similar(signatures, [10], k=k)["movie_ids"].shape == (1, width)


def test_more_neighbours_begin_with_fewer(signatures: dict[str, Any]) -> None:
    few, many = similar(signatures, [10], k=4), similar(signatures, [10], k=12)
    assert many["movie_ids"][0, :4].tolist() == few["movie_ids"][0].tolist()


@pytest.mark.parametrize("batch", [0, 1, 512])
def test_batches_of_every_size(signatures: dict[str, Any], batch: int) -> None:
    movies = [ALL_IDS[position % len(ALL_IDS)] for position in range(batch)]
    answer = similar(signatures, movies, k=4)
    assert answer["movie_ids"].shape == (batch, 4)
    for movie, ids in zip(movies, answer["movie_ids"], strict=True):
        assert movie not in ids
    described = embed(signatures, ["A (1990)"] * batch, ["Action"] * batch)
    assert described["embeddings"].shape[0] == batch
    assert described["similar_movie_ids"].shape == (batch, 10)


@pytest.mark.parametrize(
    ("title", "genres"),
    [
        ("A new one (1992)", "Action|Comedy"),
        ("", "Action"),
        ("A new one (1992)", ""),
        ("A new one", ""),
        ("", ""),
        ("(((9999)", "|| Action ||no such genre"),
        ("\u6620\u753b (2001)", "(no genres listed)"),
        ("x" * 100_000, "|".join(features.GENRE_NAMES)),
    ],
    ids=["both", "genres", "title", "no year", "nothing", "odd", "no ascii", "long"],
)
def test_a_new_movie_is_described_by_whatever_is_known(
    signatures: dict[str, Any], title: str, genres: str
) -> None:
    answer = embed(signatures, [title], [genres])
    np.testing.assert_allclose(np.linalg.norm(answer["embeddings"], axis=1), [1.0], atol=1e-5)
    ids = answer["similar_movie_ids"][0].tolist()
    assert len(set(ids)) == 10
    assert set(ids) <= set(ALL_IDS)


def test_bytes_that_are_no_text_are_described_as_well(signatures: dict[str, Any]) -> None:
    assert np.isfinite(embed(signatures, [b"\xff\xfe (1990)"], [b"\xff"])["embeddings"]).all()


def test_genres_and_their_order_and_blanks(signatures: dict[str, Any]) -> None:
    told = embed(signatures, ["A (1990)"] * 3, ["Action|Comedy", " Comedy | Action |", "Action"])
    same, shuffled, other = told["embeddings"]
    np.testing.assert_allclose(same, shuffled, atol=1e-6)
    assert not np.allclose(same, other, atol=1e-3)


def test_a_new_movie_is_near_a_twin_that_nobody_rated(signatures: dict[str, Any]) -> None:
    """No skew: the unrated movie's own vector comes from its metadata alone."""
    twin = embed(
        signatures,
        [f"Another ({1980 + UNRATED_MOVIE})"],
        [features.GENRE_NAMES[UNRATED_MOVIE % 5]],
    )
    own = similar(signatures, [UNRATED_MOVIE * 10], k=9)["movie_ids"][0].tolist()
    of_twin = [movie for movie in twin["similar_movie_ids"][0] if movie != UNRATED_MOVIE * 10]
    assert of_twin[:9] == own


def test_titles_and_genres_go_together(signatures: dict[str, Any]) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be equally many"):
        embed(signatures, ["A (1990)", "B (1991)"], ["Action"])

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.serving_validator.model_scan import (
    breaches,
    read_meta_graph,
    unservable_parts,
)
from serving import contract
from tests.support.examples import serialized
from tests.support.world import MOVIES, UNRATED_MOVIE, World, movie_row
from tests.trainer_module.questions import ALL_IDS, LIKES, LONG, assert_valid, rate, recommend
from trainer_module.export import ranking
from transform_module import features


def test_the_savedmodel_has_the_signatures_of_the_contract(signatures: dict[str, Any]) -> None:
    named = {name for name in signatures if not name.startswith("__")}
    assert named == {*contract.SIGNATURES, contract.TRANSFORM_FEATURES}
    for name, expected in contract.SIGNATURES.items():
        assert signatures[name].structured_outputs.keys() == expected.outputs.keys()
        for alias, tensor in expected.outputs.items():
            spec = signatures[name].structured_outputs[alias]
            assert (spec.dtype.name, spec.shape.rank) == (tensor.dtype, tensor.rank), (name, alias)
        inputs = signatures[name].structured_input_signature[1]
        assert inputs.keys() == expected.inputs.keys()
        for alias, tensor in expected.inputs.items():
            rank = None if tensor.or_scalar else tensor.rank
            spec = inputs[alias]
            assert (spec.dtype.name, spec.shape.rank) == (tensor.dtype, rank), (name, alias)
    assert contract.PADDING_ID == features.PADDING_ID


@pytest.mark.parametrize(
    ("history", "ratings", "tier"),
    [
        ([], [], b"popular"),
        ([-1, -1], [0.0, 0.0], b"popular"),
        ([999_999], [5.0], b"popular"),
        ([10], [5.0], b"content"),
        ([10, 20, 30, 40], [1.0, 1.0, 1.0, 1.0], b"content"),
        (LONG, LIKES, b"model"),
        ([-1, *LONG, 999_999], [0.0, *LIKES, 3.0], b"model"),
    ],
)
def test_tier_follows_the_known_movies_of_the_history(
    signatures: dict[str, Any], history: list[int], ratings: list[float], tier: bytes
) -> None:
    answer = recommend(signatures, [history], [ratings])
    assert answer["tier"].tolist() == [tier]
    assert answer["movie_ids"].shape == (1, 5)
    assert_valid(answer, shown=history)


def test_popular_tier_ranks_by_number_of_likes(signatures: dict[str, Any], world: World) -> None:
    likes = dict.fromkeys(ALL_IDS, 0)
    for row in world.splits["train"]:
        likes[row[features.MOVIE_ID][0]] += row[features.RATING][0] >= 4.0
    answer = recommend(signatures, [[]], [[]], k=MOVIES + 1)
    ranked = sorted(ALL_IDS, key=lambda movie: (-likes[movie], movie))
    assert answer["movie_ids"][0].tolist() == ranked
    assert answer["scores"][0].tolist() == [likes[movie] for movie in ranked]


def test_excluded_movies_never_appear(signatures: dict[str, Any]) -> None:
    answer = recommend(signatures, [LONG], [LIKES], k=MOVIES, exclude=[0, 70, 80, -1])
    assert_valid(answer, shown=[*LONG, 0, 70, 80])


def test_exhausted_catalogue_is_padded(signatures: dict[str, Any]) -> None:
    answer = recommend(signatures, [LONG], [LIKES], k=MOVIES + 1, exclude=ALL_IDS[:-1])
    assert answer["movie_ids"][0].tolist() == [UNRATED_MOVIE * 10] + [-1] * MOVIES
    assert answer["titles"][0].tolist() == [b"Movie 24 (2004)"] + [b""] * MOVIES
    assert answer["scores"][0, 1:].tolist() == [ranking.PADDING_SCORE] * MOVIES
    assert_valid(answer, shown=LONG)


def test_each_user_of_a_batch_is_answered_as_if_alone(signatures: dict[str, Any]) -> None:
    histories = [[-1] * 5, [10, -1, -1, -1, -1], LONG]
    ratings = [[0.0] * 5, [5.0, 0, 0, 0, 0], LIKES]
    together = recommend(signatures, histories, ratings, k=8)
    assert together["tier"].tolist() == [b"popular", b"content", b"model"]
    for row, (history, rating) in enumerate(zip(histories, ratings, strict=True)):
        alone = recommend(signatures, [history], [rating], k=8)
        assert alone["movie_ids"][0].tolist() == together["movie_ids"][row].tolist()
        np.testing.assert_allclose(alone["scores"][0], together["scores"][row], atol=4e-6)


def test_histories_of_different_shapes_are_refused(signatures: dict[str, Any]) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="must have the same shape"):
        recommend(signatures, [[10, 20]], [[5.0]])


def test_unknown_candidate_is_rated_as_an_unknown_movie(signatures: dict[str, Any]) -> None:
    answer = rate(signatures, LONG, LIKES, [999_999, -1, 10])
    assert answer["rating"][0] == answer["rating"][1]
    assert answer["rating"].shape == (3,)


def test_examples_and_rate_requests_give_the_same_rating(signatures: dict[str, Any]) -> None:
    """No skew: one user, one movie, asked both ways."""
    candidate = 7
    example = serialized(
        movie_row(candidate)
        | {
            features.USER_ID: [987],
            features.HISTORY_MOVIE_IDS: LONG,
            features.HISTORY_RATINGS: LIKES,
        }
    )
    by_example = signatures["serving_default"](examples=tf.constant([example]))
    by_rate = rate(signatures, LONG, LIKES, [candidate * 10])
    np.testing.assert_allclose(by_example["rating"].numpy(), by_rate["rating"], atol=1e-5)
    np.testing.assert_allclose(by_example["liked"].numpy(), by_rate["liked"], atol=1e-5)


def test_a_label_in_an_example_does_not_change_its_rating(
    signatures: dict[str, Any], world: World
) -> None:
    row = world.splits["eval"][0]
    unlabelled = {name: value for name, value in row.items() if name != features.RATING}
    examples = [serialized(row), serialized(unlabelled), serialized(row | {features.RATING: [0.5]})]
    ratings = signatures["serving_default"](examples=tf.constant(examples))["rating"].numpy()
    assert ratings[0] == ratings[1] == ratings[2]


def test_transform_features_gives_labels_and_slice_keys(
    signatures: dict[str, Any], world: World
) -> None:
    row = world.splits["eval"][0]
    outputs = signatures["transform_features"](examples=tf.constant([serialized(row)]))
    assert outputs[features.RATING].numpy().tolist() == [row[features.RATING]]
    for name in (
        features.LIKED,
        features.BIAS_RATING,
        features.USER_ACTIVITY,
        features.MOVIE_POPULARITY,
        features.RELEASE_DECADE,
        features.USER_ID,
        features.MOVIE_ID,
    ):
        assert outputs[name].shape == (1, 1), name


def test_no_op_that_tensorflow_serving_cannot_run(exported: Path) -> None:
    assert list(unservable_parts(read_meta_graph(exported))) == []


def test_the_signatures_are_those_that_clients_rely_on(exported: Path) -> None:
    assert list(breaches(read_meta_graph(exported))) == []

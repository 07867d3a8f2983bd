from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.api import types

from components.evaluator.batches import flatten
from components.evaluator.extractors import ROWS_KEY, SliceBatch
from components.evaluator.rated_rows import RatedRows
from components.evaluator.slices import Slicing, slicing_of

GENRES = types.VarLenTensorValue(
    values=np.array([b"Drama", b"War", b"Drama"], dtype=object),
    indices=np.array([[0, 0], [0, 1], [2, 0]]),  # the second movie has none
    dense_shape=np.array([3, 2]),
)


def strings(*values: str) -> np.ndarray:
    return np.array([[value.encode()] for value in values], dtype=object)


def model_extracts(**changes: Any) -> dict[str, dict[str, Any]]:
    """What one model gives for three rows, as TFMA's extractors leave it."""
    transformed = {
        "user_id": np.array([[1], [1], [2]]),
        "movie_id": np.array([[10], [11], [10]]),
        "bias_rating": np.array([[3.0], [3.5], [4.0]], dtype=np.float32),
        "user_activity": strings("cold", "cold", "heavy"),
    }
    return {
        constants.TRANSFORMED_FEATURES_KEY: {**transformed, **changes},
        constants.LABELS_KEY: {
            "rating": np.array([[4.0], [2.0], [5.0]], dtype=np.float32),
            "liked": np.array([[1.0], [0.0], [1.0]], dtype=np.float32),
        },
        constants.PREDICTIONS_KEY: {
            "rating": np.array([3.9, 2.1, 4.8], dtype=np.float32),
            "liked": np.array([0.7, 0.2, 0.9], dtype=np.float32),
        },
    }


def batch(extracts: dict[str, dict[str, Any]], genres: Any = GENRES) -> dict[str, Any]:
    features = {} if genres is None else {"genres": genres}
    return {**extracts, constants.INPUT_KEY: np.array([b""] * 3), constants.FEATURES_KEY: features}


def sliced(
    extracts: dict[str, Any], *slicings: str | Slicing, models: tuple[str, ...] = ("",)
) -> dict[tuple[tuple[str, str], ...], dict[str, RatedRows]]:
    listed = [each if isinstance(each, Slicing) else slicing_of(each) for each in slicings]
    slices = list(SliceBatch(models, listed).process(extracts))
    keys = [key for extract in slices for key in extract[constants.SLICE_KEY_TYPES_KEY]]
    assert len(keys) == len(slices) == len(set(keys))
    return {key: extract[ROWS_KEY] for key, extract in zip(keys, slices, strict=True)}


def test_the_overall_slice_holds_every_row() -> None:
    (rows,) = sliced(batch(model_extracts()), "")[()].values()
    assert rows.user_ids.tolist() == [1, 1, 2]
    assert rows.movie_ids.tolist() == [10, 11, 10]
    assert rows.ratings.tolist() == [4.0, 2.0, 5.0]
    assert rows.liked.tolist() == [True, False, True]
    assert rows.predicted_ratings.tolist() == pytest.approx([3.9, 2.1, 4.8])
    assert rows.liked_scores.tolist() == pytest.approx([0.7, 0.2, 0.9])
    assert rows.bias_ratings.tolist() == [3.0, 3.5, 4.0]


def test_a_movie_is_in_the_slice_of_each_of_its_genres() -> None:
    slices = sliced(batch(model_extracts()), "genres")
    assert {key: rows[""].ratings.tolist() for key, rows in slices.items()} == {
        (("genres", "Drama"),): [4.0, 5.0],
        (("genres", "War"),): [4.0],
    }


def test_a_genre_listed_twice_counts_once() -> None:
    twice = np.array([[b"War", b"War"], [b"War", b""], [b"", b""]], dtype=object)
    slices = sliced(batch(model_extracts(), genres=twice), "genres")
    assert slices[(("genres", "War"),)][""].ratings.tolist() == [4.0, 2.0]


def test_padding_makes_no_slice() -> None:
    padded = np.array([[b"War", b""], [b"", b""], [b"", b""]], dtype=object)
    assert list(sliced(batch(model_extracts(), genres=padded), "genres")) == [(("genres", "War"),)]


def test_a_batch_without_any_genre_makes_no_slice() -> None:
    assert sliced(batch(model_extracts(), genres=None), "genres") == {}


def test_a_feature_that_is_not_listed_can_be_sliced_by() -> None:
    assert set(sliced(batch(model_extracts(era=strings("old", "new", "old"))), "era")) == {
        (("era", "new"),), (("era", "old"),),
    }  # fmt: skip


def test_names_outside_ascii_are_kept() -> None:
    slices = sliced(batch(model_extracts(user_activity=strings("é", "é", "é"))), "user_activity")
    assert list(slices) == [(("user_activity", "é"),)]


def test_only_slices_of_whole_users_whole_users() -> None:
    slices = sliced(batch(model_extracts()), "", "user_activity", "genres")
    assert slices[()][""].has_whole_users
    assert slices[(("user_activity", "cold"),)][""].user_ids.tolist() == [1, 1]
    assert not slices[(("genres", "Drama"),)][""].has_whole_users


def test_both_models_are_sliced_by_the_candidates_features() -> None:
    candidate = model_extracts()
    baseline = model_extracts(
        user_activity=strings("some", "some", "some"),
        bias_rating=np.array([[1.0], [1.0], [1.0]], dtype=np.float32),
    )
    both = {key: {"c": candidate[key], "b": baseline[key]} for key in candidate}
    slices = sliced(batch(both), "user_activity", models=("c", "b"))
    assert set(slices) == {(("user_activity", "cold"),), (("user_activity", "heavy"),)}
    cold = slices[(("user_activity", "cold"),)]
    assert cold["c"].bias_ratings.tolist() == [3.0, 3.5]
    assert cold["b"].bias_ratings.tolist() == [1.0, 1.0]


def test_a_missing_column_is_named() -> None:
    extracts = model_extracts()
    del extracts[constants.TRANSFORMED_FEATURES_KEY]["bias_rating"]
    with pytest.raises(ValueError, match=r"candidate model gives no 'bias_rating'.*'movie_id'"):
        sliced(batch(extracts), "")


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_predictions_that_are_no_numbers_are_refused(broken: float) -> None:
    extracts = model_extracts()
    extracts[constants.PREDICTIONS_KEY]["liked"][1] = broken
    with pytest.raises(ValueError, match=r"gives 1 NaN or infinite values of 'liked'.* of 3 test"):
        sliced(batch(extracts), "")


@pytest.mark.parametrize(
    "column",
    [
        GENRES,
        types.SparseTensorValue(
            values=GENRES.values, indices=GENRES.indices, dense_shape=GENRES.dense_shape
        ),
        types.RaggedTensorValue(values=GENRES.values, nested_row_splits=[np.array([0, 2, 2, 3])]),
    ],
    ids=["variable length", "sparse", "ragged"],
)
def test_every_layout_of_lists_is_read_alike(
    column: types.VarLenTensorValue | types.SparseTensorValue | types.RaggedTensorValue,
) -> None:
    values, rows = flatten(column)
    assert values.tolist() == [b"Drama", b"War", b"Drama"]
    assert rows.tolist() == [0, 0, 2]


@pytest.mark.parametrize("dense", [np.array(["a", "b"]), np.array([["a"], ["b"]])])
def test_dense_columns_have_one_value_a_row(dense: NDArray[np.str_]) -> None:
    values, rows = flatten(dense)
    assert values.tolist() == ["a", "b"]
    assert rows.tolist() == [0, 1]

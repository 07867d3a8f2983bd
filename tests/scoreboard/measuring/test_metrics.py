"""Expected values are worked out by hand from the definitions."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from components.evaluator.rated_rows import RatedRows
from movielens.ratings import RATING_ROW
from scoreboard.measuring.answers import predicted_rows
from scoreboard.measuring.metrics import figures_by_user, measure
from tests.support.plain_metrics import plain_metrics

Column = NDArray[Any] | Sequence[float]


def predictions(
    user: Column, movie: Column, rating: Column, score: Column, stars: Column | None = None
) -> RatedRows:
    test = np.zeros(len(user), RATING_ROW)
    test["user_id"], test["movie_id"], test["rating"] = user, movie, rating
    predicted = np.array(rating if stars is None else stars, np.float32)
    return predicted_rows(test, predicted, np.array(score, np.float32))


def measured(*columns: Column) -> dict[str, float]:
    return measure(predictions(*columns), are_probabilities=False)


def test_errors_are_in_stars() -> None:
    values = measured([1, 1, 2, 2], [1, 2, 1, 2], [5, 3, 4, 1], [0, 0, 0, 0], [3, 3, 4, 3])
    assert values["rmse"] == pytest.approx(math.sqrt(8 / 4))
    assert values["mae"] == pytest.approx(4 / 4)


def test_log_loss_is_left_out_where_scores_are_no_probabilities() -> None:
    rows = [1, 1], [1, 2], [5, 1], [0.9, 0.2]
    assert "log_loss" not in measured(*rows)
    expected = -(math.log(0.9) + math.log(0.8)) / 2
    value = measure(predictions(*rows), are_probabilities=True)["log_loss"]
    assert value == pytest.approx(expected, rel=1e-6)


def test_ndcg_and_precision_rank_each_user_s_own_test_movies() -> None:
    # User 1 ranks dislike, like, like: gains at ranks 2 and 3. User 2 ranks its like first.
    values = measured(
        [1, 1, 1, 2, 2], [1, 2, 3, 1, 2], [2, 5, 4, 4.5, 1], [0.9, 0.5, 0.4, 0.8, 0.1]
    )
    first = (1 / math.log2(3) + 1 / math.log2(4)) / (1 + 1 / math.log2(3))
    assert values["ndcg_normal"] == pytest.approx((first + 1) / 2)
    assert values["p10_normal"] == pytest.approx((2 / 10 + 1 / 10) / 2)
    assert values["users_normal"] == 2
    assert "ndcg_strict" not in values


def test_a_strict_user_has_ten_ratings_and_no_more_likes_than_dislikes() -> None:
    likes = [5.0] * 5 + [1.0] * 5
    ten = range(10)
    score = np.linspace(1, 0, 10)
    for rating, strict in ((likes, 1), ([5.0] * 6 + [1.0] * 4, 0), (likes[:9], 0), ([1.0] * 10, 0)):
        size = len(rating)
        values = measured([1] * size, ten[:size], rating, score[:size])
        assert values["users_strict"] == strict


def test_ties_break_by_movie_id_whatever_the_order_of_rows() -> None:
    # Eleven equal scores: movies 0 to 9 are the ten best, the like is movie 10.
    movies = np.arange(11)[::-1]
    values = measured([1] * 11, movies, np.where(movies == 10, 5, 1), [0.5] * 11)
    assert values["p10_strict"] == 0


def test_a_prediction_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match=r"liked_scores should be finite\. Received 1 NaN"):
        measured([1, 1], [1, 2], [5, 1], [np.nan, 0.1])


def test_figures_by_user_add_up_to_the_metrics() -> None:
    asked = predictions([8, 7, 7], [1, 1, 2], [4, 5, 1], [0.5, 0.9, 0.1], [3, 5, 3])
    assert figures_by_user(asked) == {
        "rows": [2, 1],
        "squared_error": [4.0, 1.0],
        "ndcg": [1.0, 1.0],
        "precision": [0.1, 0.1],
        "strict": [False, False],
        "normal": [True, False],
    }


def test_a_naive_computation_gives_the_same_to_a_millionth() -> None:
    random = np.random.default_rng(0)
    size = 3_000
    pairs = random.permutation(60 * 200)[:size]
    ratings = random.integers(1, 11, size) / 2
    stars = np.round(ratings + random.normal(0, 1.2, size), 1)  # rounded, so that scores tie
    score = np.round(1 / (1 + np.exp(-(stars - 3.75))), 2)
    asked = predictions(pairs // 200, pairs % 200, ratings, score, stars)
    values, plain = measure(asked, are_probabilities=False), plain_metrics(asked)
    assert {"rmse", "auc", "ndcg_strict", "p10_normal"} < plain.keys()
    for name in plain:
        assert values[name] == pytest.approx(plain[name], rel=0, abs=1e-6), name

import numpy as np
import pytest
import tensorflow as tf

from tests.support.examples import RAW_SPEC, Row, rating_row, serialized
from tests.transform_module.conftest import Transform, Transformed
from transform_module import features

# Ratings worked by hand below, with both dampings 1: the mean of all is 3.5.
RATINGS = [(1, 10, 5.0), (1, 20, 3.0), (2, 10, 4.0), (2, 30, 2.0)]
OPTIONS = {"folds": 2, "movie_damping": 1.0, "user_damping": 1.0}


@pytest.fixture
def rows() -> list[Row]:
    return [rating_row(user, movie, rating) for user, movie, rating in RATINGS]


def test_damped_mean_of_a_movie_is_pulled_towards_the_global_mean(
    transform: Transform, rows: list[Row]
) -> None:
    result = transform(rows, **OPTIONS)
    # movie 10: (5 + 4 + 1 * 3.5) / 3; movie 20: (3 + 3.5) / 2; movie 30: (2 + 3.5) / 2
    expected = [12.5 / 3, 3.25, 12.5 / 3, 2.75]
    np.testing.assert_allclose(result.column(features.MOVIE_DAMPED_MEAN)[:, 0], expected, rtol=1e-6)


def test_bias_rating_is_the_movie_mean_plus_the_user_bias(
    transform: Transform, rows: list[Row]
) -> None:
    result = transform(rows, **OPTIONS)
    first, second, third = 12.5 / 3, 3.25, 2.75
    user_1 = ((5 - first) + (3 - second)) / 3
    user_2 = ((4 - first) + (2 - third)) / 3
    expected = [first + user_1, second + user_1, first + user_2, third + user_2]
    np.testing.assert_allclose(result.column(features.BIAS_RATING)[:, 0], expected, rtol=1e-5)


def test_aggregates_are_standardised_over_movies_not_over_ratings(
    transform: Transform, rows: list[Row]
) -> None:
    result = transform(rows, **OPTIONS)
    frequency = np.log1p([2.0, 1.0, 1.0])
    expected = (np.log1p([2.0, 1.0, 2.0, 1.0]) - frequency.mean()) / frequency.std()
    np.testing.assert_allclose(result.column(features.MOVIE_RATING_FREQ)[:, 0], expected, rtol=1e-5)


def test_out_of_fold_aggregates_do_not_depend_on_the_row_s_own_label(transform: Transform) -> None:
    rows = [rating_row(user, movie, 4.0) for user in range(1, 6) for movie in range(10, 16)]
    changed = [*rows[:7], rating_row(2, 11, 0.5), *rows[8:]]
    before, after = transform(rows, **OPTIONS), transform(changed, **OPTIONS)
    for name in (features.MOVIE_RATING_FREQ, features.USER_RATING_FREQ):
        held_out = features.out_of_fold(name)
        np.testing.assert_array_equal(before.train[7][held_out], after.train[7][held_out])
    # The damped means see the label through the global mean of all 30 ratings only, by 3.5 / 30
    # stars of the one rating that stands in for the damping; the plain ones see it whole.
    name = features.MOVIE_DAMPED_MEAN
    moved = abs(before.train[7][name] - after.train[7][name])[0]
    held_out_name = features.out_of_fold(name)
    held_out = abs(before.train[7][held_out_name] - after.train[7][held_out_name])[0]
    assert moved > 0.5
    assert held_out <= 3.5 / 30 + 1e-6


def test_unknown_user_and_movie_take_the_global_prior(
    transform: Transform, rows: list[Row]
) -> None:
    result = transform(rows, other=[rating_row(99, 999, 1.0)], **OPTIONS)
    unknown = result.other[0]
    assert unknown[features.USER_INDEX] == 0
    assert unknown[features.MOVIE_INDEX] == 0
    assert unknown[features.MOVIE_DAMPED_MEAN] == pytest.approx(3.5)
    assert unknown[features.BIAS_RATING] == pytest.approx(3.5)
    assert unknown[features.MOVIE_RATING_COUNT] == 0
    assert unknown[features.MOVIE_POPULARITY] == b"unseen"
    assert unknown[features.USER_ACTIVITY] == b"cold"


def test_unknown_user_is_described_by_the_history_of_the_request(
    transform: Transform, rows: list[Row]
) -> None:
    request = rating_row(99, 30, 1.0, history_movie_ids=[20, 777], history_ratings=[5.0, 1.5])
    unknown = transform(rows, other=[request], **OPTIONS).other[0]
    # Movie 20 has mean 3.25, the unknown 777 has 3.5; the bias is damped by one rating.
    bias = ((5.0 - 3.25) + (1.5 - 3.5)) / 3
    assert unknown[features.BIAS_RATING] == pytest.approx(2.75 + bias)
    # Users 1 and 2: (8 + 3.5) / 3 and (6 + 3.5) / 3; the unknown one: (6.5 + 3.5) / 3.
    means = np.array([11.5 / 3, 9.5 / 3])
    expected = (10 / 3 - means.mean()) / means.std()
    assert unknown[features.USER_RATING_MEAN] == pytest.approx(expected, rel=1e-4)


def test_known_movies_are_numbered_from_one_in_the_order_of_their_ids(
    transform: Transform, rows: list[Row]
) -> None:
    result = transform(rows, **OPTIONS)
    assert result.column(features.MOVIE_INDEX)[:, 0].tolist() == [1, 2, 1, 3]
    assert result.column(features.USER_INDEX)[:, 0].tolist() == [1, 1, 2, 2]


# What passes through row by row, and movies with and without a year.
VARIED = [
    rating_row(
        *(1, 10, 3.5),
        title="Toy Story (1995)",
        timestamp=[1_500_000_000],
        history_movie_ids=[30, 20],
        history_ratings=[0.5, 5.0],
    ),
    rating_row(1, 20, 4.0, title="Old (1945)", timestamp=[]),
    rating_row(2, 20, 4.0, title="Old (1945)"),
    rating_row(1, 30, 4.0, title="New (2005)"),
    rating_row(1, 40, 4.0, title="Hyena Road"),
    rating_row(1, 50, 4.0, title=""),
]


@pytest.fixture
def varied(transform: Transform) -> Transformed:
    return transform(VARIED, **OPTIONS)


def test_missing_year_becomes_the_median_over_movies(varied: Transformed) -> None:
    years = np.array([1995, 1945, 2005, 1995, 1995])
    expected = (1995 - years.mean()) / years.std()
    assert varied.train[4][features.YEAR] == pytest.approx(expected, rel=1e-4)
    assert varied.train[4][features.RELEASE_DECADE] == b"unknown"
    assert varied.train[1][features.RELEASE_DECADE] == b"1940s"
    in_years = varied.column(features.RELEASE_YEAR)[:, 0].tolist()
    assert in_years == [1995, 1945, 1945, 2005, 1995, 1995]


def test_liked_starts_at_four_stars(varied: Transformed) -> None:
    assert varied.column(features.LIKED)[:2, 0].tolist() == [0.0, 1.0]


def test_history_passes_unchanged(varied: Transformed) -> None:
    assert varied.train[0][features.HISTORY_MOVIE_IDS][:2].tolist() == [30, 20]
    assert varied.train[0][features.HISTORY_RATINGS][:2].tolist() == [0.5, 5.0]


def test_the_time_of_a_rating_passes_unchanged_and_is_none_where_absent(
    varied: Transformed,
) -> None:
    assert varied.column(features.TIMESTAMP)[:2, 0].tolist() == [1_500_000_000, 0]
    assert varied.column(features.TIMESTAMP).dtype == np.int64


def test_the_words_of_the_title_are_among_the_features(varied: Transformed) -> None:
    found = varied.column(features.TITLE_WORDS)
    assert (found >= 0).sum(axis=1).tolist() == [2, 1, 1, 1, 2, 0]
    assert found.shape == (6, features.MAX_TITLE_WORDS)


def test_labels_vanish_without_a_rating_and_nothing_else_does(
    transform: Transform, rows: list[Row]
) -> None:
    result = transform(rows, **OPTIONS)
    without_rating = {key: value for key, value in rows[0].items() if key != features.RATING}
    spec = {key: value for key, value in RAW_SPEC.items() if key != features.RATING}
    parsed = tf.io.parse_example([serialized(without_rating)], spec)
    served = result.output.transform_features_layer()(parsed)
    assert set(result.train[0]) - set(served) == {features.RATING, features.LIKED}


def test_served_features_equal_those_of_evaluation(transform: Transform, rows: list[Row]) -> None:
    result = transform(rows, other=[rows[1]], **OPTIONS)
    for name, value in result.other[0].items():
        np.testing.assert_array_equal(value, result.train[1][name], err_msg=name)


def test_popularity_bands_start_at_their_floors(transform: Transform) -> None:
    counts = {10: 1, 20: 9, 30: 10, 40: 49, 50: 50}
    train = [
        rating_row(user, movie, 4.0) for movie, count in counts.items() for user in range(count)
    ]
    asked = [rating_row(1, movie, 4.0) for movie in (*counts, 60)]
    result = transform(train, other=asked, **OPTIONS)
    assert [row[features.MOVIE_POPULARITY].item() for row in result.other] == [
        b"rare",
        b"rare",
        b"known",
        b"known",
        b"popular",
        b"unseen",
    ]

import numpy as np

from components.evaluator.predictions import rated_rows
from report.figures import Group, calibration, charts, mispredicted, stars_against_stars
from tests.report.conftest import predictions


def test_groups_are_of_equally_many_ratings_in_the_order_of_their_predictions() -> None:
    predicted = np.arange(20) / 20
    groups = calibration(predicted[::-1], np.arange(20)[::-1] >= 10)
    assert [group.ratings for group in groups] == [2] * 10
    assert groups[0] == Group(2, 0.025, 0.0)
    assert groups[9].actual == 1.0


def test_predictions_are_counted_on_the_scale() -> None:
    rows = rated_rows(predictions(np.full(400, 2.2)))  # 2.2 too many: 1 is predicted as 3
    cells = list(stars_against_stars(rows))
    assert cells[0] == {"actual stars": 1.0, "predicted stars": 3.0, "ratings": 80, "share": 1.0}
    assert cells[-1] == {"actual stars": 5.0, "predicted stars": 5.0, "ratings": 80, "share": 1.0}


def test_the_movie_with_the_greatest_error_comes_first() -> None:
    errors = np.tile([0.1] * 9 + [-2.0], 40)  # of each user's ten movies, the last
    worst = mispredicted(predictions(errors))
    assert (worst[0].movie_id, worst[0].title, worst[0].ratings) == (9, "Film 9", 40)
    assert abs(worst[0].error - 2.0) < 1e-6
    assert abs(worst[0].predicted - (worst[0].actual - 2.0)) < 1e-6


def test_a_movie_with_few_ratings_is_not_among_the_worst() -> None:
    assert mispredicted(predictions(np.ones(40), users=4)) == []


def test_there_are_charts_unless_there_is_no_rating() -> None:
    assert [len(chart.rows) > 0 for chart in charts(predictions(np.zeros(400)))] == [True] * 3
    assert charts(predictions(np.zeros(0), users=0)) == []

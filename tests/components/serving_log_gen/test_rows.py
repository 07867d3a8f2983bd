from components.serving_log_gen.rows import rows_of
from serving.protos import prediction_log_pb2
from tests.components.serving_log_gen.logged import logged

# Two users, of whom the second has no history; the first asks about two movies.
RATE = logged(
    "rate",
    [[-1, 1, 2], [-1, -1, -1]],
    [[0, 4.5, 3], [0, 0, 0]],
    candidate_movie_ids=[[7, 8], [9, -1]],
)
RECOMMEND = logged("recommend", [[5]], [[2.0]], exclude_movie_ids=[[6]], k=[[10]])


def test_a_row_is_a_candidate_with_the_history_of_who_asks() -> None:
    rows = rows_of([RATE, RECOMMEND], "movielens")
    assert rows.movie_ids.tolist() == [7, 8, 9, 0]  # a list is asked for about no movie
    assert rows.history_of.tolist() == [0, 0, 1, 2]
    assert rows.histories.offsets.tolist() == [0, 2, 2, 3]
    assert rows.histories.movie_ids.tolist() == [1, 2, 5]
    assert rows.histories.ratings.tolist() == [4.5, 3.0, 2.0]
    assert rows.requests == {"rate": 1, "recommend": 1}


def test_what_is_no_request_of_ours_is_counted_and_left_out() -> None:
    others = [
        logged("rate", [[1]], [[4.0]], candidate_movie_ids=[[2]], model="another"),
        logged("similar", [[1]], [[4.0]]),
        logged("rate", [[1, 2]], [[4.0]], candidate_movie_ids=[[2]]),
        logged("rate", [[1]], [[4.0]], candidate_movie_ids=[[2], [3]]),
        prediction_log_pb2.PredictionLog(),
    ]
    classified = logged("rate", [], [])
    classified.classify_log.SetInParent()
    rows = rows_of([*others, classified], "movielens")
    assert len(rows.movie_ids) == len(rows.histories.movie_ids) == 0
    assert rows.histories.offsets.tolist() == [0]
    assert rows.requests == {
        "of other models": 2,
        "to other signatures": 2,
        "unreadable": 2,
    }

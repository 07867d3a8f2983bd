from typing import Any

import numpy as np
import pytest

from serving.client import NewMovie, PredictedRating, RatedMovie, Recommendation, messages
from serving.client.messages import (
    predicted_ratings,
    rate_inputs,
    recommend_inputs,
    recommendation_lists,
)
from serving.errors import UnexpectedAnswerError
from serving.protos import predict_pb2
from serving.tensors import encode_typed

HISTORIES = [
    [RatedMovie(movie_id=1, rating=5.0), RatedMovie(movie_id=7, rating=0.5)],
    [],
    [RatedMovie(movie_id=9, rating=3.0)],
]


def response(**outputs: list[Any]) -> predict_pb2.PredictResponse:
    packed = {name: encode_typed(np.array(values)) for name, values in outputs.items()}
    answer = predict_pb2.PredictResponse(outputs=packed)
    answer.model_spec.version.value = 12
    return answer


def test_recommend_pads_histories_and_exclusions() -> None:
    inputs = recommend_inputs(HISTORIES, k=3, exclude=[[], [4, 5], [6]])
    assert inputs["history_movie_ids"].tolist() == [[-1, 1, 7], [-1, -1, -1], [-1, 9, -1]]
    assert inputs["history_ratings"].tolist() == [[0.0, 5.0, 0.5], [0.0, 0.0, 0.0], [0.0, 3.0, 0.0]]
    assert inputs["exclude_movie_ids"].tolist() == [[-1, -1, -1], [-1, 4, 5], [-1, 6, -1]]
    assert inputs["k"].tolist() == [3, 3, 3]


def test_inputs_have_the_types_of_the_signature() -> None:
    inputs = recommend_inputs([[]], k=1, exclude=None)
    assert {name: str(array.dtype) for name, array in inputs.items()} == {
        "history_movie_ids": "int64",
        "history_ratings": "float32",
        "exclude_movie_ids": "int64",
        "k": "int32",
    }
    assert {name: array.shape for name, array in inputs.items()} == {
        "history_movie_ids": (1, 1),
        "history_ratings": (1, 1),
        "exclude_movie_ids": (1, 1),
        "k": (1,),
    }


def test_rate_pads_candidates() -> None:
    inputs = rate_inputs(HISTORIES, [[2], [3, 4], []])
    assert inputs["candidate_movie_ids"].tolist() == [[2, -1], [3, 4], [-1, -1]]
    assert "k" not in inputs


@pytest.mark.parametrize("k", [-1, 2**31])
def test_impossible_number_of_movies_is_refused(k: int) -> None:
    with pytest.raises(ValueError, match=f"Received: {k}"):
        recommend_inputs(HISTORIES, k=k, exclude=None)


def test_no_user_is_refused() -> None:
    with pytest.raises(ValueError, match="histories is empty"):
        recommend_inputs([], k=1, exclude=None)


def test_lists_that_do_not_match_the_users_are_refused() -> None:
    with pytest.raises(ValueError, match=r"exclude must .* 3 histories. Received: 1 lists"):
        recommend_inputs(HISTORIES, k=1, exclude=[[1]])
    with pytest.raises(ValueError, match=r"candidates must .* 3 histories. Received: 2 lists"):
        rate_inputs(HISTORIES, [[1], [2]])


def test_padding_is_removed_from_recommendations() -> None:
    (answer,) = recommendation_lists(
        response(
            movie_ids=[[3, -1]], scores=[[0.5, 0.0]], titles=[["Amélie (2001)", ""]], tier=["model"]
        )
    )
    assert answer.movies == (Recommendation(movie_id=3, score=0.5, title="Amélie (2001)"),)
    assert (answer.tier, answer.model_version) == ("model", 12)


def test_ratings_belong_to_the_candidates_in_the_order_asked() -> None:
    answer = predicted_ratings(
        response(rating=[[4.5, 2.0], [3.0, 9.9]], liked=[[0.75, 0.25], [0.5, 9.9]]), [[8, 2], [5]]
    )
    assert answer == [
        (
            PredictedRating(movie_id=8, rating=4.5, liked=0.75),
            PredictedRating(movie_id=2, rating=2.0, liked=0.25),
        ),
        (PredictedRating(movie_id=5, rating=3.0, liked=0.5),),
    ]


def test_answer_of_another_model_is_refused() -> None:
    with pytest.raises(UnexpectedAnswerError, match=r"lacks the outputs \['liked'\]"):
        predicted_ratings(response(rating=[[1.0]]), [[1]])


def test_similar_and_embed_need_a_movie() -> None:
    with pytest.raises(ValueError, match="movie_ids is empty"):
        messages.similar_inputs([], k=1)
    with pytest.raises(ValueError, match="movies is empty"):
        messages.embed_inputs([])


def test_negative_count_of_similar_movies_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0 or more\. Received: -1"):
        messages.similar_inputs([1], k=-1)


def test_genres_come_one_by_one() -> None:
    with pytest.raises(ValueError, match=r"one by one\. Received: 'Action\|Drama'"):
        messages.embed_inputs([NewMovie(genres=("Action|Drama",))])

"""The typed client of a served recommender, to be called or awaited.

It does not import TensorFlow: messages come from `serving.protos`, tensors are NumPy's.
"""

from serving.client.async_client import AsyncRecommenderClient
from serving.client.connection import DEFAULT_MODEL_NAME, DEFAULT_TARGET, RetryPolicy, TlsOptions
from serving.client.messages import (
    MovieEmbedding,
    NewMovie,
    PredictedRating,
    RatedMovie,
    Recommendation,
    RecommendationList,
    SimilarMovies,
    VersionStatus,
)
from serving.client.record_log import LogCounts
from serving.client.request_log import RequestLog
from serving.client.sync_client import RecommenderClient

__all__ = [
    "DEFAULT_MODEL_NAME",
    "DEFAULT_TARGET",
    "AsyncRecommenderClient",
    "LogCounts",
    "MovieEmbedding",
    "NewMovie",
    "PredictedRating",
    "RatedMovie",
    "Recommendation",
    "RecommendationList",
    "RecommenderClient",
    "RequestLog",
    "RetryPolicy",
    "SimilarMovies",
    "TlsOptions",
    "VersionStatus",
]

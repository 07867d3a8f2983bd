"""What a recommender is asked about and answers, as plain values. Movie ids are MovieLens ids."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RatedMovie:
    """One movie of a user's history."""

    movie_id: int
    rating: float  # 0.5 to 5 stars; to the model any other number is an unknown rating


@dataclass(frozen=True, kw_only=True)
class NewMovie:
    """A movie that the model has not seen; title and genres as in MovieLens, both may be empty."""

    title: str = ""
    genres: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """One recommended movie."""

    movie_id: int
    score: float  # falls along the list; comparable within one list only
    title: str  # with the year, as in MovieLens; empty if unknown


@dataclass(frozen=True, kw_only=True)
class RecommendationList:
    """The movies recommended to one user, best first; fewer than asked for in a small catalogue.

    `tier` says how they were found: `model`, `content` (the history is too short for the model) or
    `popular` (there is no history).
    """

    tier: str
    movies: tuple[Recommendation, ...]
    model_version: int


@dataclass(frozen=True, kw_only=True)
class PredictedRating:
    """What a user is expected to think of one movie."""

    movie_id: int
    rating: float  # expected stars, 0.5 to 5
    liked: float  # probability of 4 stars or more, 0 to 1


@dataclass(frozen=True, kw_only=True)
class SimilarMovies:
    """The movies most like one movie, best first; none for an id that the model does not know.

    Their scores are the cosines of the embeddings.
    """

    movies: tuple[Recommendation, ...]
    model_version: int


@dataclass(frozen=True, kw_only=True)
class MovieEmbedding:
    """Where the model places a new movie, and the closest movies of the catalogue, best first."""

    embedding: tuple[float, ...]
    similar_movie_ids: tuple[int, ...]
    model_version: int


@dataclass(frozen=True, kw_only=True)
class VersionStatus:
    """The state of one version of a model."""

    version: int
    state: str  # START, LOADING, AVAILABLE, UNLOADING or END
    error: str  # why it could not be loaded; else empty

"""What a recommender is asked about and answers, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RatedMovie:
    """One movie of a user's history.

    Attributes:
        movie_id: A MovieLens id.
        rating: 0.5 to 5 stars. To the model any other number is an unknown rating.
    """

    movie_id: int
    rating: float


@dataclass(frozen=True, kw_only=True)
class NewMovie:
    """A movie that the model has not seen; title and genres as in MovieLens, both may be empty."""

    title: str = ""
    genres: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """One recommended movie.

    Attributes:
        movie_id: A MovieLens id.
        score: Falls along the list; comparable within one list only.
        title: With the year, as in MovieLens; empty if unknown.
    """

    movie_id: int
    score: float
    title: str


@dataclass(frozen=True, kw_only=True)
class RecommendationList:
    """The movies recommended to one user.

    Attributes:
        tier: How they were found: `model`, `content` (too short a history) or `popular` (no
            history).
        movies: Best first; fewer than asked for if the catalogue is exhausted.
        model_version: The version that answered.
    """

    tier: str
    movies: tuple[Recommendation, ...]
    model_version: int


@dataclass(frozen=True, kw_only=True)
class PredictedRating:
    """What a user is expected to think of one movie.

    Attributes:
        movie_id: A MovieLens id.
        rating: Expected stars, 0.5 to 5.
        liked: Probability of 4 stars or more, 0 to 1.
    """

    movie_id: int
    rating: float
    liked: float


@dataclass(frozen=True, kw_only=True)
class SimilarMovies:
    """The movies most like one movie.

    Attributes:
        movies: Best first, scored by the cosine of the embeddings; none for an unknown id.
        model_version: The version that answered.
    """

    movies: tuple[Recommendation, ...]
    model_version: int


@dataclass(frozen=True, kw_only=True)
class MovieEmbedding:
    """Where the model places a new movie.

    Attributes:
        embedding: Its coordinates.
        similar_movie_ids: The closest movies of the catalogue, best first.
        model_version: The version that answered.
    """

    embedding: tuple[float, ...]
    similar_movie_ids: tuple[int, ...]
    model_version: int


@dataclass(frozen=True, kw_only=True)
class VersionStatus:
    """The state of one version of a model.

    Attributes:
        version: Its number.
        state: `START`, `LOADING`, `AVAILABLE`, `UNLOADING` or `END`.
        error: Why it could not be loaded; else empty.
    """

    version: int
    state: str
    error: str

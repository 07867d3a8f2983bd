"""What a recommender answers, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RatedMovie:
    """One movie of a user's history.

    Attributes:
        movie_id: a MovieLens id.
        rating: 0.5 to 5 stars. To the model any other number is an unknown rating.
    """

    movie_id: int
    rating: float


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """One recommended movie.

    Attributes:
        movie_id: a MovieLens id.
        score: what the list is sorted by, falling; comparable within one list only.
        title: with the year, as in MovieLens; empty where unknown.
    """

    movie_id: int
    score: float
    title: str


@dataclass(frozen=True, kw_only=True)
class RecommendationList:
    """The movies recommended to one user.

    Attributes:
        tier: how they were found: `model`, `content` (too short a history) or `popular` (no
            history).
        movies: best first; fewer than asked for where the catalogue is exhausted.
        model_version: the version that answered.
    """

    tier: str
    movies: tuple[Recommendation, ...]
    model_version: int


@dataclass(frozen=True, kw_only=True)
class PredictedRating:
    """What a user is expected to think of one movie.

    Attributes:
        movie_id: a MovieLens id.
        rating: expected stars, 0.5 to 5.
        liked: probability of 4 stars or more, 0 to 1.
    """

    movie_id: int
    rating: float
    liked: float


@dataclass(frozen=True, kw_only=True)
class SimilarMovies:
    """The movies most like one movie.

    Attributes:
        movies: best first, scored by the cosine of the embeddings; none for an id that the model
            does not know.
        model_version: the version that answered.
    """

    movies: tuple[Recommendation, ...]
    model_version: int


@dataclass(frozen=True, kw_only=True)
class NewMovie:
    """A movie that the model has not seen, told by what is known of it.

    Attributes:
        title: with the year, as in MovieLens; may be empty.
        genres: as in MovieLens; may be empty.
    """

    title: str = ""
    genres: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MovieEmbedding:
    """Where the model places a new movie.

    Attributes:
        embedding: its coordinates.
        similar_movie_ids: the closest movies of the catalogue, best first.
        model_version: the version that answered.
    """

    embedding: tuple[float, ...]
    similar_movie_ids: tuple[int, ...]
    model_version: int


@dataclass(frozen=True, kw_only=True)
class VersionStatus:
    """The state of one version of a model.

    Attributes:
        version: its number.
        state: `START`, `LOADING`, `AVAILABLE`, `UNLOADING` or `END`.
        error: why it ended, where it could not be loaded; else empty.
    """

    version: int
    state: str
    error: str

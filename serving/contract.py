"""What a recommender's model and its clients agree on: signatures, and the files beside the model.

This module is data alone. All packages may import it, so it imports none of them, and no
TensorFlow. To change a signature, change it here, in `trainer_module/export/signatures.py`, which
computes it, and in `serving/client/messages.py`, which asks it. A name is the same in a request and
in the SavedModel.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Tensor(NamedTuple):
    """An input or output; its first dimension is the batch."""

    dtype: str  # TensorFlow's name of it, such as `int64`; `string` for bytes
    rank: int
    or_scalar: bool = False  # whether the model also takes one value for the whole batch


class Signature(NamedTuple):
    """Inputs and outputs by name.

    Inputs are in the order of the exported function's arguments, outputs in that of the client.
    """

    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]


PADDING_ID: Final = -1  # fills up lists of movie ids; never a movie
GENRE_SEPARATOR: Final = "|"

# Signatures.
SERVING_DEFAULT: Final = "serving_default"
RATE: Final = "rate"
RECOMMEND: Final = "recommend"
SIMILAR: Final = "similar"
EMBED: Final = "embed"
# The transformed features of examples; for the Evaluator, not for clients.
TRANSFORM_FEATURES: Final = "transform_features"
# A function of the SavedModel that is no signature: the movies like an embedding, with scores.
NEAREST: Final = "nearest"

# Inputs and outputs.
EXAMPLES: Final = "examples"
HISTORY_MOVIE_IDS: Final = "history_movie_ids"
HISTORY_RATINGS: Final = "history_ratings"
CANDIDATE_MOVIE_IDS: Final = "candidate_movie_ids"
EXCLUDE_MOVIE_IDS: Final = "exclude_movie_ids"
K: Final = "k"
MOVIE_IDS: Final = "movie_ids"
TITLES: Final = "titles"
GENRES: Final = "genres"
RATING: Final = "rating"
LIKED: Final = "liked"
SCORES: Final = "scores"
TIER: Final = "tier"
EMBEDDINGS: Final = "embeddings"
SIMILAR_MOVIE_IDS: Final = "similar_movie_ids"

_ID_LISTS: Final = Tensor("int64", 2)
_NUMBER_LISTS: Final = Tensor("float32", 2)
_TEXT_LISTS: Final = Tensor("string", 2)
_IDS: Final = Tensor("int64", 1)
_NUMBERS: Final = Tensor("float32", 1)
_TEXTS: Final = Tensor("string", 1)
# A server can only batch requests whose inputs all have a batch dimension: clients send one number
# for each row.
_LENGTHS: Final = Tensor("int32", 1, or_scalar=True)

_HISTORY: Final = {HISTORY_MOVIE_IDS: _ID_LISTS, HISTORY_RATINGS: _NUMBER_LISTS}
_MOVIES: Final = {MOVIE_IDS: _ID_LISTS, SCORES: _NUMBER_LISTS, TITLES: _TEXT_LISTS}

# What clients may ask.
SIGNATURES: Final[Mapping[str, Signature]] = {
    SERVING_DEFAULT: Signature({EXAMPLES: _TEXTS}, {RATING: _NUMBERS, LIKED: _NUMBERS}),
    RATE: Signature(
        {**_HISTORY, CANDIDATE_MOVIE_IDS: _ID_LISTS},
        {RATING: _NUMBER_LISTS, LIKED: _NUMBER_LISTS},
    ),
    RECOMMEND: Signature(
        {**_HISTORY, EXCLUDE_MOVIE_IDS: _ID_LISTS, K: _LENGTHS}, {**_MOVIES, TIER: _TEXTS}
    ),
    SIMILAR: Signature({MOVIE_IDS: _IDS, K: _LENGTHS}, _MOVIES),
    EMBED: Signature(
        {TITLES: _TEXTS, GENRES: _TEXTS},
        {EMBEDDINGS: _NUMBER_LISTS, SIMILAR_MOVIE_IDS: _ID_LISTS},
    ),
}

# Suffix of the files of a request log; the file that is still written ends in both suffixes.
LOG_SUFFIX: Final = ".tfrecord"
OPEN_SUFFIX: Final = ".open"

# Files of a SavedModel that a server does not serve, relative to its folder.
MOVIES_FILE: Final = "assets.extra/movies.csv"
WARM_UP_FILE: Final = "assets.extra/tf_serving_warmup_requests"  # TensorFlow Serving's name

"""From scores over the catalogue to a list: who answers, what is hidden, what is first."""

import tensorflow as tf

from transform_module import features

POPULAR, CONTENT, MODEL = "popular", "content", "model"

# Score of the padding behind an exhausted catalogue: below every score of every tier.
PADDING_SCORE = -1.0
# Scores of a list are multiples of 1 / _STEPS: coarser than rounding errors, finer than the
# tolerance of the canary.
_STEPS = 2.0**18


def confidence(rating_count: tf.Tensor, damping: float) -> tf.Tensor:
    """How far a movie's score is believed: n / (n + damping) of n ratings, float32 [N].

    Without it, movies with a single five-star rating would come before those that are both good and
    known (LensKit's damped mean, applied to scores).

    >>> confidence(tf.constant([0.0, 20.0]), damping=20.0).numpy().tolist()
    [0.0, 0.5]
    """
    return tf.math.divide_no_nan(rating_count, rating_count + damping)


def tier(known_count: tf.Tensor, min_model_history: int) -> tf.Tensor:
    """The tier that answers, string [B], by the number of known movies in each history [B]."""
    return tf.where(
        known_count == 0, POPULAR, tf.where(known_count < min_model_history, CONTENT, MODEL)
    )


def content_scores(
    embeddings: tf.Tensor, rows: tf.Tensor, ratings: tf.Tensor, present: tf.Tensor
) -> tf.Tensor:
    """Mean cosine of every movie to the liked ones of a short history, float32 [B, N].

    For a history without a like: the mean cosine to what was rated, negated.

    Args:
        embeddings: float32 [N + 1, d], unit vectors, row 0 the unknown movie.
        rows: int [B, H], of the histories.
        ratings: float32 [B, H].
        present: float32 [B, H], 1 for a known movie.
    """
    liked = tf.cast(ratings >= features.LIKED_THRESHOLD, tf.float32) * present
    has_like = tf.reduce_max(liked, axis=1, keepdims=True) > 0
    weights = tf.where(has_like, liked, -present)
    total = tf.reduce_sum(tf.abs(weights), axis=1, keepdims=True)
    weights = tf.math.divide_no_nan(weights, total)
    profile = tf.einsum("bh,bhd->bd", weights, tf.gather(embeddings, rows))
    return cosines(profile, embeddings)[:, 1:]


def cosines(vectors: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Cosines [B, N] of vectors [B, d] and [N, d] no longer than one, rounding errors cut off."""
    return tf.clip_by_value(tf.matmul(vectors, others, transpose_b=True), -1.0, 1.0)


def cautious(stars: tf.Tensor, confidence: tf.Tensor) -> tf.Tensor:
    """Lowers predicted stars [B, N] of movies that few have rated, by up to one star, to 0 or more.

    One star is about how far ratings lie from the mean of all. Pulling to that mean instead would
    put the unrated movies first for a user of whom only dislikes are known. The stars may lie off
    the scale, since its end would tie the best movies.

    >>> cautious(tf.constant([[4.5, 5.0, 0.5]]), tf.constant([1.0, 0.5, 0.0])).numpy().tolist()
    [[4.5, 4.5, 0.0]]
    """
    return tf.maximum(stars - (1.0 - confidence), 0.0)


def top_movies(
    scores: tf.Tensor, hidden_rows: tf.Tensor, movie_ids: tf.Tensor, titles: tf.Tensor, k: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The k best movies that are not hidden.

    Args:
        scores: float32 [B, N].
        hidden_rows: int64 [B, E], rows of movies never to be shown; row 0 hides nothing.
        movie_ids: int64 [N].
        titles: string [N].
        k: int32, one number for all or one for each list; clamped to [0, N].

    Returns:
        Movie ids int64, scores float32 and titles string, each [B, largest k], in falling order of
        score (ties by increasing id). Scores are `on_the_grid`. Behind a list's own k movies, or
        where no more are left: id -1, PADDING_SCORE, "".
    """
    scores = on_the_grid(scores)
    rows, catalogue_size = tf.shape(scores)[0], tf.shape(scores)[1]
    hidden = _mask(hidden_rows, rows, catalogue_size)
    lengths = tf.clip_by_value(tf.reshape(k, [-1]), 0, catalogue_size)
    width = tf.reduce_max(tf.concat([lengths, [0]], axis=0))
    best, position = tf.math.top_k(tf.where(hidden, scores.dtype.min, scores), k=width)
    wanted = tf.range(width) < _one_a_list(lengths, rows)[:, tf.newaxis]
    shown = wanted & (best > scores.dtype.min)
    return (
        tf.where(shown, tf.gather(movie_ids, position), features.PADDING_ID),
        tf.where(shown, best, PADDING_SCORE),
        tf.where(shown, tf.gather(titles, position), ""),
    )


def on_the_grid(scores: tf.Tensor) -> tf.Tensor:
    """Rounds scores to multiples of 2^-18 (4e-6).

    Scores of equally good movies differ in their last bits, which depend on the place in the
    matrix, the size of the batch and the machine. Once rounded, nearly all such scores are equal,
    and the smaller id comes first everywhere. A few fall on two sides of a border; the canary
    accepts both orders.

    >>> on_the_grid(tf.constant([0.25, 0.25 + 3e-8, 350.0])).numpy().tolist()
    [0.25, 0.25, 350.0]
    """
    return tf.round(scores * _STEPS) / _STEPS


def _one_a_list(lengths: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Lengths of lists [B], from one for all [1] or one for each [B]."""
    given = tf.size(lengths)
    fits = tf.debugging.Assert(
        (given == 1) | (given == rows),
        ["k must be one number, or one for each row. Received numbers, rows:", given, rows],
    )
    with tf.control_dependencies([fits]):
        return tf.broadcast_to(lengths, [rows])


def _mask(hidden_rows: tf.Tensor, rows: tf.Tensor, catalogue_size: tf.Tensor) -> tf.Tensor:
    """True [B, N] at the hidden movies."""
    owner = tf.broadcast_to(tf.range(rows)[:, tf.newaxis], tf.shape(hidden_rows))
    indices = tf.stack(
        [tf.reshape(owner, [-1]), tf.reshape(tf.cast(hidden_rows, tf.int32), [-1])], 1
    )
    marks = tf.scatter_nd(indices, tf.ones(tf.shape(indices)[:1]), [rows, catalogue_size + 1])
    return marks[:, 1:] > 0

"""The signatures of the SavedModel, which TF Serving answers.

Plain TensorFlow ops, dense outputs, batch dimension first, never a NaN. Traced without AutoGraph:
no Python branch depends on a tensor, and the conversion takes longer than the tracing.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from serving import contract
from trainer_module.config import TrainerConfig
from trainer_module.data.catalogue import UNKNOWN_ROW, Catalogue
from trainer_module.data.inputs import USER_FEATURES, movie_inputs
from trainer_module.data.transform_graph import TransformGraph, is_on_the_scale
from trainer_module.export import ranking
from trainer_module.export.ease import Affinity, ItemWeights
from trainer_module.export.neighbours import Neighbours
from trainer_module.models.objectives import Objective
from trainer_module.models.rating_model import RatingModel
from transform_module import features

Tensors = dict[str, tf.Tensor]

_EMBED_NEIGHBOURS = 10
_UNEQUAL = "history_movie_ids and history_ratings must have the same shape"


def _inputs_of(signature_name: str) -> list[tf.TensorSpec]:
    """The inputs of a signature, in the contract's order, which is that of the method's."""
    inputs = contract.SIGNATURES[signature_name].inputs
    return [
        tf.TensorSpec(None if tensor.or_scalar else [None] * tensor.rank, tensor.dtype, name)
        for name, tensor in inputs.items()
    ]


@dataclasses.dataclass(frozen=True)
class _RatingParts:
    """A plain object, which TensorFlow does not look into.

    Otherwise it would trace the call functions of the Keras layers when it saves the model.
    """

    model: RatingModel
    objective: Objective  # calibrated


class ServingModule(tf.Module):
    """A trained model, which is frozen here, with every signature of its SavedModel."""

    def __init__(
        self,
        model: RatingModel,
        calibrated: Objective,
        graph: TransformGraph,
        affinity: ItemWeights,
        catalogue: Catalogue,
        config: TrainerConfig,
    ) -> None:
        super().__init__()
        self._parts = _RatingParts(model, calibrated)
        self._frozen = model.freeze()
        self._variables = [variable.value for variable in model.variables]
        self._min_model_history = config.min_model_history
        self._tables = model.tables
        self._graph = graph
        self._titles = tf.Variable(catalogue.titles.tolist(), trainable=False, name="titles")
        self._likes = _variable(catalogue.columns[features.MOVIE_LIKE_COUNT], "like_counts")
        counts = tf.constant(catalogue.columns[features.MOVIE_RATING_COUNT])
        self._confidence = _variable(
            ranking.confidence(counts, config.popularity_damping), "confidence"
        )
        self._affinity = Affinity(affinity, len(catalogue), config.affinity_decay)
        self._neighbours = Neighbours(
            model.embed(self._tables.all_features()),
            self._confidence,
            self._tables.movie_ids,
            self._titles,
        )

    def signatures(self) -> dict[str, Any]:
        """By name, for `tf.saved_model.save`, which traces them."""
        return {
            contract.SERVING_DEFAULT: self.serve_examples,
            contract.RATE: self.rate,
            contract.RECOMMEND: self.recommend,
            contract.SIMILAR: self.similar,
            contract.EMBED: self.embed,
            contract.TRANSFORM_FEATURES: self.transform_features,
        }

    @tf.function(input_signature=_inputs_of(contract.SERVING_DEFAULT), autograph=False)
    def serve_examples(self, examples: tf.Tensor) -> Tensors:
        """Rates serialized tf.Examples, string [B]: `rating`, `liked` [B].

        Their label is ignored, and so is a movie of a history whose rating is not from 0.5 to 5
        stars (or is NaN or missing).
        """
        transformed = self._graph.of_examples(examples, labelled=False)
        user = {name: transformed[name] for name in USER_FEATURES}
        score = self._parts.model(user | movie_inputs(transformed), training=False)
        return self._answers(score)

    @tf.function(input_signature=_inputs_of(contract.SERVING_DEFAULT), autograph=False)
    def transform_features(self, examples: tf.Tensor) -> Tensors:
        """All transformed features and labels of serialized tf.Examples, for TFMA."""
        outputs = self._graph.of_examples(examples, labelled=True)
        return {
            name: tensor if tensor.shape.rank > 1 else tensor[:, tf.newaxis]
            for name, tensor in outputs.items()
        }

    @tf.function(input_signature=_inputs_of(contract.RATE), autograph=False)
    def rate(
        self,
        history_movie_ids: tf.Tensor,
        history_ratings: tf.Tensor,
        candidate_movie_ids: tf.Tensor,
    ) -> Tensors:
        """Rates C movies for each of B users: `rating`, `liked` [B, C].

        A candidate that the catalogue does not know is rated as an unknown movie. A movie of the
        history whose rating is not from 0.5 to 5 stars (or is NaN) is left out.
        """
        history_ratings = _checked(history_ratings, like=history_movie_ids, message=_UNEQUAL)
        user = self._graph.of_users(history_movie_ids, history_ratings)
        rows = self._tables.rows_of(candidate_movie_ids)
        return self._answers(self._parts.model.score_rows(user, rows))

    @tf.function(input_signature=_inputs_of(contract.RECOMMEND), autograph=False)
    def recommend(
        self,
        history_movie_ids: tf.Tensor,
        history_ratings: tf.Tensor,
        exclude_movie_ids: tf.Tensor,
        k: tf.Tensor,
    ) -> Tensors:
        """The k best movies of each of B users: `movie_ids`, `scores`, `titles` [B, k], `tier` [B].

        Movies of the history and of `exclude_movie_ids` never appear. A movie of the history whose
        rating is not from 0.5 to 5 stars (or is NaN) is otherwise ignored.

        `k`, [] or one a user [B], is clamped to [0, catalogue size]; lists are as wide as the
        largest and padded. Scores compare within a list only: in tier `model` they are weights of
        what is watched together (`Affinity`) or, for a user without a like, cautious stars; in
        `content` cosines, in `popular` likes.
        """
        history_ratings = _checked(history_ratings, like=history_movie_ids, message=_UNEQUAL)
        user = self._graph.of_users(history_movie_ids, history_ratings)
        seen = self._tables.rows_of(history_movie_ids)
        is_known = (seen != UNKNOWN_ROW) & is_on_the_scale(history_ratings)
        known_count = tf.reduce_sum(tf.cast(is_known, tf.int32), axis=1)
        tier = ranking.tier(known_count, self._min_model_history)
        excluded = self._tables.rows_of(exclude_movie_ids)
        movie_ids, scores, titles = ranking.top_movies(
            self._catalogue_scores(user, tier),
            tf.concat([seen, excluded], axis=1),
            self._tables.movie_ids,
            self._titles,
            k,
        )
        return _listed(movie_ids, scores, titles) | {contract.TIER: tier}

    @tf.function(input_signature=_inputs_of(contract.SIMILAR), autograph=False)
    def similar(self, movie_ids: tf.Tensor, k: tf.Tensor) -> Tensors:
        """The k movies most like each of B movies: `movie_ids`, `scores`, `titles` [B, k].

        A movie is never listed for itself; a movie that the catalogue does not know gets padding
        alone. `k` and the padding are those of `recommend`, the scores those of `Neighbours`.
        """
        rows = self._tables.rows_of(movie_ids)
        return _listed(*self._neighbours.of_rows(rows, k))

    @tf.function(input_signature=_inputs_of(contract.EMBED), autograph=False)
    def embed(self, titles: tf.Tensor, genres: tf.Tensor) -> Tensors:
        """Describes B movies by metadata alone: `embeddings` [B, d], `similar_movie_ids` [B, 10].

        Titles have the release year at the end, `Toy Story (1995)`, and genres are parted by bars,
        `Adventure|Comedy`; "" if unknown. Embeddings are unit vectors, zeros if nothing is known.
        """
        titles = _checked(titles, like=genres, message="titles and genres must be equally many")
        vectors = self._parts.model.embed(movie_inputs(self._graph.of_titles(titles, genres)))
        return {
            contract.EMBEDDINGS: vectors,
            contract.SIMILAR_MOVIE_IDS: self._neighbours.of_vectors(vectors, _EMBED_NEIGHBOURS),
        }

    @tf.function(
        input_signature=[tf.TensorSpec([None, None], tf.float32), tf.TensorSpec(None, tf.int32)],
        autograph=False,
    )
    def nearest(self, embeddings: tf.Tensor, k: tf.Tensor) -> Tensors:
        """The k movies most like each of B embeddings: `movie_ids`, `scores`, `titles` [B, k].

        Not a signature. The canary calls it offline, because `embed` answers without scores: two
        servers may list movies of equal scores in either order.
        """
        return _listed(*self._neighbours.ranked(embeddings, k))

    def _catalogue_scores(self, user: Tensors, tier: tf.Tensor) -> tf.Tensor:
        """Scores every movie for B users of `ranking.tier`, string [B]: float32 [B, N].

        What no user of the batch is answered by is not computed.
        """
        rows = self._tables.rows_of(user[features.HISTORY_MOVIE_IDS])
        ratings = user[features.HISTORY_RATINGS]
        by_model = tier == ranking.MODEL
        nothing = tf.zeros([tf.size(tier), tf.size(self._confidence)])
        affinity, has_like = tf.cond(
            tf.reduce_any(by_model),
            lambda: self._affinity.scores(rows, ratings),
            lambda: (nothing, tf.zeros_like(by_model)),
        )
        content = tf.cond(
            tf.reduce_any(tier == ranking.CONTENT),
            lambda: self._content_scores(rows, ratings),
            lambda: nothing,
        )
        is_asked = by_model & ~has_like
        stars = tf.cond(
            tf.reduce_any(is_asked), lambda: self._star_scores(user, is_asked), lambda: nothing
        )
        modelled = tf.where(has_like[:, tf.newaxis], affinity, stars)
        by_tier = tf.where(by_model[:, tf.newaxis], modelled, content)
        return tf.where((tier == ranking.POPULAR)[:, tf.newaxis], self._likes, by_tier)

    def _content_scores(self, rows: tf.Tensor, ratings: tf.Tensor) -> tf.Tensor:
        known = tf.cast(rows != UNKNOWN_ROW, tf.float32)
        embeddings = self._neighbours.embeddings()
        return self._confidence * ranking.content_scores(embeddings, rows, ratings, known)

    def _star_scores(self, user: Tensors, asked: tf.Tensor) -> tf.Tensor:
        """Cautious stars [B, N] for the users that the mask [B] asks for, zeros for the others."""
        rows = tf.where(asked)
        some = {name: tf.gather(tensor, rows[:, 0]) for name, tensor in user.items()}
        stars = self._parts.objective.stars(self._parts.model.score_catalogue(some))
        shape = tf.stack([tf.size(asked), tf.size(self._confidence)])
        cautious = ranking.cautious(stars, self._confidence)
        return tf.scatter_nd(rows, cautious, tf.cast(shape, tf.int64))

    def _answers(self, score: tf.Tensor) -> Tensors:
        return {
            contract.RATING: self._parts.objective.rating(score),
            contract.LIKED: self._parts.objective.liked(score),
        }


def _listed(movie_ids: tf.Tensor, scores: tf.Tensor, titles: tf.Tensor) -> Tensors:
    return {contract.MOVIE_IDS: movie_ids, contract.SCORES: scores, contract.TITLES: titles}


def _checked(tensor: tf.Tensor, *, like: tf.Tensor, message: str) -> tf.Tensor:
    """Returns the tensor once its shape is known to be that of another.

    An assertion alone orders nothing: an op that stumbles over the shapes may report first.
    """
    same = tf.debugging.assert_equal(tf.shape(tensor), tf.shape(like), message=message)
    with tf.control_dependencies([same]):
        return tf.identity(tensor)


def _variable(values: Any, name: str) -> tf.Variable:
    return tf.Variable(values, trainable=False, dtype=tf.float32, name=name)

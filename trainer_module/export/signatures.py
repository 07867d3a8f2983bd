"""The SavedModel: what TF Serving answers.

Plain TensorFlow ops, dense outputs, batch dimension first, never a NaN. Traced without AutoGraph:
no Python branch depends on a tensor, and the conversion takes longer than the tracing.
"""

from typing import Any

import tensorflow as tf

from serving import contract
from trainer_module.config import TrainerConfig
from trainer_module.data.catalogue import Catalogue
from trainer_module.data.catalogue_tables import UNKNOWN_ROW
from trainer_module.data.inputs import USER_FEATURES, movie_inputs
from trainer_module.data.transform_graph import TransformGraph, is_on_the_scale
from trainer_module.export import ranking
from trainer_module.export.affinity import Affinity
from trainer_module.export.catalogue_scores import CatalogueScores, RatingParts
from trainer_module.export.ease import ItemWeights
from trainer_module.export.neighbours import Neighbours
from trainer_module.models.calibration import Calibration
from trainer_module.models.rating_model import RatingModel
from transform_module import features

Tensors = dict[str, tf.Tensor]

_EMBED_NEIGHBOURS = 10


def _inputs_of(signature_name: str) -> list[tf.TensorSpec]:
    """The inputs of a signature, in the contract's order, which is that of the method's."""
    inputs = contract.SIGNATURES[signature_name].inputs
    return [
        tf.TensorSpec(None if tensor.or_scalar else [None] * tensor.rank, tensor.dtype, name)
        for name, tensor in inputs.items()
    ]


class ServingModule(tf.Module):
    """A trained model with every signature of its SavedModel.

    Args:
        model: Trained; frozen here.
        calibration: How answers are read off the model's raw scores.
        graph: The fitted preprocessing.
        affinity: Which movies are watched together.
        catalogue: All movies.
        config: Tiers and damping.
    """

    def __init__(
        self,
        model: RatingModel,
        calibration: Calibration,
        graph: TransformGraph,
        affinity: ItemWeights,
        catalogue: Catalogue,
        config: TrainerConfig,
    ) -> None:
        super().__init__()
        self._frozen = model.freeze()
        # Held by a plain object, for TensorFlow would trace the Keras layers' own call functions at
        # saving, with inputs it makes up. What must be saved of the model is its variables.
        self._parts = RatingParts(model, calibration)
        self._min_model_history = config.min_model_history
        self._variables = [variable.value for variable in model.variables]
        self._tables = model.tables
        self._graph = graph
        self._titles = tf.Variable(catalogue.titles.tolist(), trainable=False, name="titles")
        confidence = _variable(
            ranking.confidence(
                tf.constant(catalogue.columns[features.MOVIE_RATING_COUNT]),
                config.popularity_damping,
            ),
            "confidence",
        )
        self._neighbours = Neighbours(
            model.embed(self._tables.all_features()),
            confidence,
            self._tables.movie_ids,
            self._titles,
        )
        self._scores = CatalogueScores(
            self._parts,
            self._tables,
            Affinity(affinity, len(catalogue), config.affinity_decay),
            self._neighbours,
            likes=_variable(catalogue.columns[features.MOVIE_LIKE_COUNT], "like_counts"),
            confidence=confidence,
        )

    def signatures(self) -> dict[str, Any]:
        """The signatures by name, for `tf.saved_model.save`."""
        return {
            contract.SERVING_DEFAULT: self.serve_examples.get_concrete_function(),
            contract.RATE: self.rate.get_concrete_function(),
            contract.RECOMMEND: self.recommend.get_concrete_function(),
            contract.SIMILAR: self.similar.get_concrete_function(),
            contract.EMBED: self.embed.get_concrete_function(),
            contract.TRANSFORM_FEATURES: self.transform_features.get_concrete_function(),
        }

    @tf.function(input_signature=_inputs_of(contract.SERVING_DEFAULT), autograph=False)
    def serve_examples(self, examples: tf.Tensor) -> Tensors:
        """Rates serialized tf.Examples, string [B], without their label: `rating`, `liked` [B].

        A movie of a history whose rating is not from 0.5 to 5 stars (or is NaN or missing) is left
        out.
        """
        transformed = self._graph.of_examples(examples)
        user = {name: transformed[name] for name in USER_FEATURES}
        score = self._parts.model(user | movie_inputs(transformed), training=False)
        return self._answers(score)

    @tf.function(input_signature=_inputs_of(contract.SERVING_DEFAULT), autograph=False)
    def transform_features(self, examples: tf.Tensor) -> Tensors:
        """All transformed features and labels of serialized tf.Examples, for TFMA."""
        outputs = self._graph.of_labelled_examples(examples)
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
        history_ratings = _checked_ratings(history_ratings, history_movie_ids)
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
        rating is not from 0.5 to 5 stars (or is NaN) is left out otherwise: it is no like, no
        dislike, and does not count for the tier.

        `k`, [] or one a user [B], is clamped to [0, catalogue size]; lists are as wide as the
        largest, padded behind their own. Scores compare within a list only: in tier `model` they
        are weights of what is watched together (`Affinity`) or, for a user without a like, cautious
        stars; in `content` cosines, in `popular` likes.
        """
        history_ratings = _checked_ratings(history_ratings, history_movie_ids)
        user = self._graph.of_users(history_movie_ids, history_ratings)
        seen = self._tables.rows_of(history_movie_ids)
        is_known = (seen != UNKNOWN_ROW) & is_on_the_scale(history_ratings)
        known_count = tf.reduce_sum(tf.cast(is_known, tf.int32), axis=1)
        tier = ranking.tier(known_count, self._min_model_history)
        excluded = self._tables.rows_of(exclude_movie_ids)
        movie_ids, scores, titles = ranking.top_movies(
            self._scores.of(user, tier),
            tf.concat([seen, excluded], axis=1),
            self._tables.movie_ids,
            self._titles,
            k,
        )
        return _listed(movie_ids, scores, titles) | {contract.TIER: tier}

    @tf.function(input_signature=_inputs_of(contract.SIMILAR), autograph=False)
    def similar(self, movie_ids: tf.Tensor, k: tf.Tensor) -> Tensors:
        """The k movies most like each of B movies; never the movie itself.

        k, [] or one a movie [B], is held to [0, N]. `movie_ids`, `scores` and `titles` [B, k]:
        cosines, held back for movies that few have rated (`Neighbours`). Padded as `recommend` is:
        the last place of k = N, and every place for an id that the catalogue does not know.
        """
        rows = self._tables.rows_of(movie_ids)
        return _listed(*self._neighbours.of_rows(rows, k))

    @tf.function(input_signature=_inputs_of(contract.EMBED), autograph=False)
    def embed(self, titles: tf.Tensor, genres: tf.Tensor) -> Tensors:
        """Describes B movies by metadata alone, through the same transform graph.

        Args:
            titles: With the release year at the end, `Toy Story (1995)`; "" where unknown.
            genres: Parted by bars, `Adventure|Comedy`; "" where unknown.

        Returns:
            `embeddings` float32 [B, d], unit vectors (zeros if the model can say nothing), and
            `similar_movie_ids` int64 [B, 10], the most alike of the catalogue.
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

    def _answers(self, score: tf.Tensor) -> Tensors:
        return {
            contract.RATING: self._parts.calibration.rating(score),
            contract.LIKED: self._parts.calibration.liked(score),
        }


def _listed(movie_ids: tf.Tensor, scores: tf.Tensor, titles: tf.Tensor) -> Tensors:
    return {contract.MOVIE_IDS: movie_ids, contract.SCORES: scores, contract.TITLES: titles}


def _checked_ratings(ratings: tf.Tensor, movie_ids: tf.Tensor) -> tf.Tensor:
    return _checked(
        ratings,
        like=movie_ids,
        message="history_movie_ids and history_ratings must have the same shape",
    )


def _checked(tensor: tf.Tensor, *, like: tf.Tensor, message: str) -> tf.Tensor:
    """Returns the tensor once its shape is known to be that of another.

    An assertion alone orders nothing: an op that stumbles over the shapes may report first.
    """
    same = tf.debugging.assert_equal(tf.shape(tensor), tf.shape(like), message=message)
    with tf.control_dependencies([same]):
        return tf.identity(tensor)


def _variable(values: Any, name: str) -> tf.Variable:
    return tf.Variable(values, trainable=False, dtype=tf.float32, name=name)

"""Ranking scores of the whole catalogue: each user by the tier that answers."""

import dataclasses
from typing import Any

import tensorflow as tf

from trainer_module.data.catalogue_tables import UNKNOWN_ROW, CatalogueTables
from trainer_module.export import ranking
from trainer_module.export.affinity import Affinity
from trainer_module.export.neighbours import Neighbours
from trainer_module.models.calibration import Calibration
from trainer_module.models.rating_model import RatingModel
from transform_module import features

Tensors = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class RatingParts:
    """A trained model and how answers are read off its raw scores."""

    model: RatingModel
    calibration: Calibration


class CatalogueScores(tf.Module):
    """Scores that compare within the list of one user; see `recommend` for what they are.

    Args:
        parts: What rates.
        tables: The catalogue's.
        affinity: Which movies are watched together.
        neighbours: Which movies are alike.
        likes: float32 [N].
        confidence: float32 [N], in [0, 1].
    """

    def __init__(
        self,
        parts: RatingParts,
        tables: CatalogueTables,
        affinity: Affinity,
        neighbours: Neighbours,
        *,
        likes: tf.Variable,
        confidence: tf.Variable,
    ) -> None:
        super().__init__()
        self._parts = parts
        self._tables = tables
        self._affinity = affinity
        self._neighbours = neighbours
        self._likes = likes
        self._confidence = confidence

    def of(self, user: Tensors, tier: tf.Tensor) -> tf.Tensor:
        """Scores every movie; what nobody in the batch is answered by is not computed.

        Args:
            user: The model's view of B users.
            tier: string [B], of `ranking.tier`.

        Returns:
            float32 [B, N].
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
            lambda: self._by_content(rows, ratings),
            lambda: nothing,
        )
        is_asked = by_model & ~has_like
        by_stars = tf.cond(
            tf.reduce_any(is_asked), lambda: self._by_stars(user, is_asked), lambda: nothing
        )
        modelled = tf.where(has_like[:, tf.newaxis], affinity, by_stars)
        by_tier = tf.where(by_model[:, tf.newaxis], modelled, content)
        return tf.where((tier == ranking.POPULAR)[:, tf.newaxis], self._likes, by_tier)

    def _by_content(self, rows: tf.Tensor, ratings: tf.Tensor) -> tf.Tensor:
        known = tf.cast(rows != UNKNOWN_ROW, tf.float32)
        embeddings = self._neighbours.embeddings()
        return self._confidence * ranking.content_scores(embeddings, rows, ratings, known)

    def _by_stars(self, user: Tensors, asked: tf.Tensor) -> tf.Tensor:
        """Cautious stars [B, N] for the users that the mask [B] asks for; zeros for the others.

        Scoring a whole catalogue is what costs: it is done for those who need it.
        """
        rows = tf.where(asked)
        some = {name: tf.gather(tensor, rows[:, 0]) for name, tensor in user.items()}
        stars = self._parts.calibration.stars(self._parts.model.score_catalogue(some))
        shape = tf.stack([tf.size(asked), tf.size(self._confidence)])
        cautious = ranking.cautious(stars, self._confidence)
        return tf.scatter_nd(rows, cautious, tf.cast(shape, tf.int64))

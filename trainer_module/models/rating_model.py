"""What training, export and serving ask of every model."""

import abc
import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import keras
import tensorflow as tf

from trainer_module.config import TrainerConfig
from trainer_module.data.catalogue import CatalogueTables
from trainer_module.data.inputs import Inputs
from trainer_module.data.training_data import TrainingData
from trainer_module.models.layers import content_vector
from trainer_module.models.objectives import Objective

VectorAndBias = tuple[tf.Tensor, tf.Tensor]
Once = Callable[[Any, Callable[[], Any]], Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Blueprint:
    """What the constructor of every model of the registry takes."""

    config: TrainerConfig  # widths, penalties and seed
    objective: Objective  # what the raw score means
    tables: CatalogueTables  # the catalogue, for the movies of a history
    movies: int  # largest movie index
    users: int  # largest user index
    # Takes a key and a computation, and returns the result; trials of a search share results.
    once: Once = lambda _, compute: compute()


class Lessons(NamedTuple):
    """What is trained by gradient descent, and on what."""

    learner: keras.Model  # maps the inputs of the batches to raw scores
    train: tf.data.Dataset  # shuffled batches of (inputs, stars [B])
    evaluation: tf.data.Dataset | None  # such batches of the eval split, or None


class RatingModel(keras.Model, abc.ABC):
    """Scores a user, who is known by the history, against movies.

    The objective says what a raw score means. If it has several `parts`, they stand on the last
    axis of every score. Training asks for `lessons`. Serving calls `freeze` once, and then
    `score_rows` and `score_catalogue`, or the model itself on rows of one user and one movie each.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__()
        self.tables = blueprint.tables
        self.objective = blueprint.objective

    def lessons(self, data: TrainingData) -> Lessons:
        """Fits what has a closed form, and returns what is left to learn.

        By default everything is learned, from the rows as they are.
        """
        return Lessons(self, data.train_batches(), data.evaluation_batches())

    def last_lessons(self, data: TrainingData, first: Self) -> Lessons:  # noqa: ARG002
        """The lessons of the refit, on train and eval together.

        What the model of the first training has computed may serve again.
        """
        return self.lessons(data)

    @abc.abstractmethod
    def call(self, inputs: Inputs, training: bool = False) -> tf.Tensor:
        """Scores B pairs of user and movie: `USER_FEATURES` and `movie_inputs` to [B]."""

    @abc.abstractmethod
    def freeze(self) -> list[tf.Variable]:
        """Computes, after training, what does not depend on the user, and returns its variables."""

    @abc.abstractmethod
    def score_rows(self, user: Inputs, rows: tf.Tensor) -> tf.Tensor:
        """Scores B users against C catalogue rows each: int64 [B, C] to float32 [B, C]."""

    @abc.abstractmethod
    def score_catalogue(self, user: Inputs) -> tf.Tensor:
        """Scores B users against all N movies: float32 [B, N], in the catalogue's order."""

    def embed(self, movie: Inputs) -> tf.Tensor:
        """Describes movies, rated or new, by unit vectors: `movie_inputs` [n] to [n, d].

        Their cosines say how alike two movies are; by default in genres and era.
        """
        return content_vector(movie)


class TwoTowerModel(RatingModel):
    """Models whose score is `user vector . movie vector + user bias + movie bias`."""

    @abc.abstractmethod
    def user_vectors(self, user: Inputs, training: bool) -> VectorAndBias:
        """Vectors [B, d] and biases [B] of users."""

    @abc.abstractmethod
    def movie_vectors(self, movie: Inputs, training: bool) -> VectorAndBias:
        """Vectors [n, d] and biases [n] of movies."""

    def call(self, inputs: Inputs, training: bool = False) -> tf.Tensor:
        user_vector, user_bias = self.user_vectors(inputs, training)
        movie_vector, movie_bias = self.movie_vectors(inputs, training)
        return tf.reduce_sum(user_vector * movie_vector, axis=1) + user_bias + movie_bias

    def freeze(self) -> list[tf.Variable]:
        vectors, biases = self.movie_vectors(self.tables.all_features(), training=False)
        self._frozen_vectors = tf.Variable(vectors, trainable=False, name="movie_vectors")
        self._frozen_biases = tf.Variable(biases, trainable=False, name="movie_biases")
        return [self._frozen_vectors, self._frozen_biases]

    def score_rows(self, user: Inputs, rows: tf.Tensor) -> tf.Tensor:
        vector, bias = self.user_vectors(user, training=False)
        taste = tf.einsum("bd,bcd->bc", vector, tf.gather(self._frozen_vectors, rows))
        return taste + bias[:, tf.newaxis] + tf.gather(self._frozen_biases, rows)

    def score_catalogue(self, user: Inputs) -> tf.Tensor:
        vector, bias = self.user_vectors(user, training=False)
        taste = tf.matmul(vector, self._frozen_vectors[1:], transpose_b=True)
        return taste + bias[:, tf.newaxis] + self._frozen_biases[1:]

    def embed(self, movie: Inputs) -> tf.Tensor:
        """Half the learned vector, half the content.

        By the learned vector alone, Toy Story is nearest to Aladdin, and Toy Story 2 comes fourth.
        A model that knows movies by id alone has no vector for a new one: content finds neighbours.
        """
        vector, _ = self.movie_vectors(movie, training=False)
        learned = tf.math.l2_normalize(vector, axis=1)
        return tf.math.l2_normalize(tf.concat([learned, content_vector(movie)], axis=1), axis=1)

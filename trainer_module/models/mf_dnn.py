"""`mf_dnn`: matrix factorisation with the user's history and a DNN item tower.

    score(u, m) = user(history, aggregates) . movie(id, genres, year) + b_u + b_m

Source: slide "Model - MF with DNN (Regression)"; the history is that of "Model - MF with History".
"""

import keras
import tensorflow as tf

from trainer_module.config import TrainerConfig
from trainer_module.data.inputs import GENRE_SHARES, Inputs
from trainer_module.models.layers import History, IdEmbedding, year_basis
from trainer_module.models.rating_model import Blueprint, TwoTowerModel, VectorAndBias
from transform_module import features


class MfDnn(TwoTowerModel):
    """See the module's docstring."""

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint)
        self._movie_vector = MovieVector(blueprint)
        self._movie_bias = MovieBias(blueprint)
        self._user_tower = HistoryUserTower(blueprint, self._movie_vector)

    def user_vectors(self, user: Inputs, training: bool) -> VectorAndBias:
        vector, bias = self._user_tower(user, training=training)
        return vector, bias

    def movie_vectors(self, movie: Inputs, training: bool) -> VectorAndBias:
        return self._movie_vector(movie, training=training), self._movie_bias(movie)


class HiddenLayers(keras.layers.Layer):
    """The ReLU layers of a tower, with dropout behind each."""

    def __init__(self, config: TrainerConfig, seed: int) -> None:
        super().__init__(name="hidden")
        self._layers_in_order: list[keras.layers.Layer] = []
        for offset, units in enumerate(config.hidden_units):
            self._layers_in_order += [
                _dense(units, config, seed + 2 * offset, f"layer_{offset}", activation="relu"),
                keras.layers.Dropout(config.dropout, seed=seed + 2 * offset + 1),
            ]

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps float32 [..., n] to [..., units of the last layer]."""
        for layer in self._layers_in_order:
            inputs = layer(inputs)
        return inputs


def _dense(
    units: int, config: TrainerConfig, seed: int, name: str, activation: str | None = None
) -> keras.layers.Dense:
    return keras.layers.Dense(
        units,
        activation=activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        kernel_regularizer=keras.regularizers.L2(config.kernel_l2),
        name=name,
    )


class MovieVector(keras.layers.Layer):
    """The vector of a movie: `DNN(genres, era) + id embedding`.

    A movie with an unknown id has the metadata's part alone. Genres are the mean of their
    embeddings (slide "Feature Engineering - Movie Side").
    """

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(name="movie_vector")
        config = blueprint.config
        self._id = IdEmbedding(
            blueprint.movies,
            config.embedding_dim,
            hidden_share=config.item_id_dropout,
            l2=config.embedding_l2,
            seed=config.seed + 10,
            name="id",
        )
        self._genres = keras.layers.Dense(
            config.genre_dim,
            use_bias=False,
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.1, seed=config.seed + 20),
            name="genres",
        )
        self._hidden = HiddenLayers(config, config.seed + 30)
        self._vector = _dense(config.embedding_dim, config, config.seed + 40, "vector")

    def call(self, movie: Inputs, training: bool = False) -> tf.Tensor:
        """Maps `movie_inputs` [...] to vectors [..., d]."""
        genres = self._genres(movie[GENRE_SHARES])
        content = tf.concat([genres, year_basis(movie[features.YEAR])], axis=-1)
        described = self._vector(self._hidden(content))
        return described + self._id(movie[features.MOVIE_INDEX], training=training)


class MovieBias(keras.layers.Layer):
    """The bias of a movie: its damped mean rating plus `DNN(genres, era, aggregates)`."""

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(name="movie_bias")
        config = blueprint.config
        self._objective = blueprint.objective
        self._hidden = HiddenLayers(config, config.seed + 50)
        self._bias = _dense(1, config, config.seed + 60, "bias")

    def call(self, movie: Inputs) -> tf.Tensor:
        """Maps `movie_inputs` [...] to biases [...], in units of the score."""
        aggregates = tf.stack(
            [movie[features.MOVIE_RATING_FREQ], movie[features.MOVIE_AVG_RATING]], axis=-1
        )
        content = [movie[GENRE_SHARES], year_basis(movie[features.YEAR]), aggregates]
        learned = self._bias(self._hidden(tf.concat(content, axis=-1)))
        start = self._objective.score_of_stars(movie[features.MOVIE_DAMPED_MEAN])
        return start + tf.squeeze(learned, axis=-1)


class HistoryUserTower(keras.layers.Layer):
    """Vector and bias of a user, from the history and the user's rating aggregates.

    The vector pools the movie vectors of the history (sqrt-n) and adds a DNN of the aggregates. A
    movie's weight is how far the user's rating lies above or below what movie and user would
    explain. No user id is used, so it works for users never seen in training.
    """

    def __init__(self, blueprint: Blueprint, movie_vector: MovieVector) -> None:
        super().__init__(name="user")
        config = blueprint.config
        self._movie_vector = movie_vector
        self._tables = blueprint.tables
        self._objective = blueprint.objective
        self._hidden = HiddenLayers(config, config.seed + 70)
        self._vector = _dense(config.embedding_dim, config, config.seed + 80, "vector")
        self._bias = _dense(1, config, config.seed + 90, "bias")

    def call(self, user: Inputs, training: bool = False) -> VectorAndBias:
        """Maps `USER_FEATURES` of B users to vectors [B, d] and biases [B], both for the score."""
        history = History.of(user, self._tables)
        taste = history.residual - history.generosity[:, tf.newaxis]
        # sqrt-n pooling; with one added to the count, a history of one movie counts less.
        weights = taste / tf.sqrt(history.count + 1.0)[:, tf.newaxis]

        def vectors_of(rows: tf.Tensor) -> tf.Tensor:
            return self._movie_vector(self._tables.features_of(rows), training=training)

        pooled = history.pooled(weights, vectors_of)
        aggregates = [
            user[features.USER_RATING_FREQ],
            user[features.USER_RATING_MEAN],
            history.generosity,
            tf.math.log1p(history.count) / 3.0,  # about 0 to 1.5 for histories of 0 to 100
        ]
        hidden = self._hidden(tf.stack(aggregates, axis=1))
        start = self._objective.score_per_star * history.generosity
        return pooled + self._vector(hidden), start + tf.squeeze(self._bias(hidden), axis=-1)

"""The networks on top of the pair features: a few small ones side by side, whose mean counts."""

from typing import Any

import keras
import tensorflow as tf

from trainer_module.config import TrainerConfig
from trainer_module.models.objectives import Objective

# Features are clipped to this many deviations.
_FAR = 4.0


class SideBySide(keras.layers.Layer):
    """A dense layer for each of E members: [E, B, n] to [E, B, units].

    Each member's bias starts as `bias`, [] or [units].
    """

    def __init__(
        self,
        members: int,
        units: int,
        *,
        seed: int,
        activation: str | None = None,
        bias: Any = 0.0,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self._members, self._units = members, units
        self._seed = seed
        self._start = bias
        self._activation = keras.activations.get(activation)

    def build(self, input_shape: Any) -> None:
        inputs = input_shape[-1]
        limit = (6.0 / (inputs + self._units)) ** 0.5  # Glorot & Bengio 2010, for each member
        self._kernel = self.add_weight(
            shape=(self._members, inputs, self._units),
            initializer=keras.initializers.RandomUniform(-limit, limit, seed=self._seed),
            name="kernel",
        )
        self._bias = self.add_weight(
            shape=(self._members, 1, self._units),
            initializer=lambda shape, dtype: tf.broadcast_to(tf.cast(self._start, dtype), shape),
            name="bias",
        )
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return self._activation(tf.matmul(inputs, self._kernel) + self._bias)


class RatingHead(keras.Model):
    """Scores pairs of user and movie by their `pair_features`.

    Mean and standard deviation of each feature over the train rows are float32 [F]; the score to
    start from is [] or, if it has parts, [parts].
    """

    def __init__(
        self, config: TrainerConfig, objective: Objective, mean: Any, deviation: Any, start: Any
    ) -> None:
        super().__init__()
        self._members = config.members
        self._parts = objective.parts
        self._mean, self._deviation = mean, deviation
        self._input_dropout = keras.layers.Dropout(config.input_dropout, seed=config.seed)
        seeds = range(config.seed + 2, config.seed + 2 + len(config.hidden_units))
        self._dense = [
            SideBySide(self._members, units, seed=seed, activation="silu", name=f"hidden_{number}")
            for number, (units, seed) in enumerate(zip(config.hidden_units, seeds, strict=True))
        ]
        self._dropout = [keras.layers.Dropout(config.dropout, seed=seed) for seed in seeds]
        outputs = self._parts or 1
        self._deep = SideBySide(self._members, outputs, seed=config.seed, bias=start, name="deep")
        self._wide = SideBySide(self._members, outputs, seed=config.seed + 1, name="wide")

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps features float32 [B, F] to raw scores: the mean of the networks' scores.

        In training every network has to be right by itself: their scores stand on an axis behind
        the first.
        """
        figures = tf.clip_by_value((inputs - self._mean) / self._deviation, -_FAR, _FAR)
        figures = tf.tile(figures[tf.newaxis], [self._members, 1, 1])
        figures = self._input_dropout(figures, training=training)
        hidden = figures
        for dense, dropout in zip(self._dense, self._dropout, strict=True):
            hidden = dropout(dense(hidden), training=training)
        scores = self._deep(hidden) + self._wide(figures)
        if self._parts is None:
            scores = tf.squeeze(scores, axis=-1)
        return tf.einsum("eb...->be...", scores) if training else tf.reduce_mean(scores, axis=0)

"""`mf_dnn`: matrix factorisation with the user's history and a DNN item tower.

    score(u, m) = user(history, aggregates) . movie(id, genres, year) + b_u + b_m

Source: slide "Model - MF with DNN (Regression)"; the history is that of "Model - MF with History".
"""

import tensorflow as tf

from trainer_module.catalogue_tables import CatalogueTables
from trainer_module.config import TrainerConfig
from trainer_module.inputs import Inputs
from trainer_module.rating_model import TwoTowerModel
from trainer_module.towers import HistoryUserTower, MovieBias, MovieVector


class MfDnn(TwoTowerModel):
    """See the module's docstring.

    Args:
        config: Widths, penalties and seed.
        tables: The catalogue, for the movies of a history.
        vocabulary_size: Largest movie index.
    """

    def __init__(
        self, config: TrainerConfig, tables: CatalogueTables, vocabulary_size: int
    ) -> None:
        super().__init__(tables)
        self._movie_vector = MovieVector(config, vocabulary_size)
        self._movie_bias = MovieBias(config)
        self._user_tower = HistoryUserTower(config, tables, self._movie_vector)

    def user_vectors(self, user: Inputs, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        vector, bias = self._user_tower(user, training=training)
        return vector, bias

    def movie_vectors(self, movie: Inputs, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        return self._movie_vector(movie, training=training), self._movie_bias(movie)

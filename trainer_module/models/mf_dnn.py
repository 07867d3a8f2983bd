"""`mf_dnn`: matrix factorisation with the user's history and a DNN item tower.

    score(u, m) = user(history, aggregates) . movie(id, genres, year) + b_u + b_m

Source: slide "Model - MF with DNN (Regression)"; the history is that of "Model - MF with History".
"""

from trainer_module.data.inputs import Inputs
from trainer_module.models.blueprint import Blueprint
from trainer_module.models.rating_model import TwoTowerModel, VectorAndBias
from trainer_module.models.towers import HistoryUserTower, MovieBias, MovieVector


class MfDnn(TwoTowerModel):
    """See the module's docstring."""

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint.tables)
        self._movie_vector = MovieVector(blueprint)
        self._movie_bias = MovieBias(blueprint)
        self._user_tower = HistoryUserTower(blueprint, self._movie_vector)

    def user_vectors(self, user: Inputs, training: bool) -> VectorAndBias:
        vector, bias = self._user_tower(user, training=training)
        return vector, bias

    def movie_vectors(self, movie: Inputs, training: bool) -> VectorAndBias:
        return self._movie_vector(movie, training=training), self._movie_bias(movie)

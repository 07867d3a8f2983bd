"""`gp_dnn`: a Gaussian process for the user's taste, and a network that judges what it says.

    score(u, m) = DNN(history's habits, movie's statistics, w_u . phi_m by its parts, ...)

The movie vector phi_m holds content and collaborative factors, the user vector w_u comes from the
history in closed form (`user_taste`), and a small network learns from both how to rate: how much to
believe which part, for whom. Nothing is looked up by user, so that users never seen are served; a
movie never rated has its content's part of everything.

All that rests on labels is fitted out of fold for the rows that the network learns from
(`out_of_fold`): a row's own label is in none of its features.
"""

import tensorflow as tf

from trainer_module.data.catalogue_tables import UNKNOWN_ROW
from trainer_module.data.inputs import Inputs
from trainer_module.data.training_data import TrainingData
from trainer_module.gp_dnn.described_ratings import DescribedRatings, Rows, describe_ratings
from trainer_module.gp_dnn.movie_profile import MovieProfile
from trainer_module.gp_dnn.pair_features import pair_features, pair_features_of_user
from trainer_module.gp_dnn.profile_fitting import unrated_profiles
from trainer_module.gp_dnn.rating_head import RatingHead
from trainer_module.gp_dnn.title_vectors import TitleVectors
from trainer_module.models.blueprint import Blueprint
from trainer_module.models.layers import content_vector
from trainer_module.models.rating_model import Lessons, Once, RatingModel
from trainer_module.registry import MODELS
from transform_module import features

# Keeps a feature that is the same in every row from dividing by nothing.
_LEAST_DEVIATION = 1e-6
# Of a title in an embedding, against one of the company and of the content.
_TITLE_WEIGHT = 0.7


class GpDnn(RatingModel):
    """See the module's docstring."""

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint.tables)
        self._config = blueprint.config
        self._objective = blueprint.objective
        self._once: Once = lambda _, compute: compute()
        self._movies = blueprint.tables.all_features()
        self._titles = TitleVectors(self._movies[features.TITLE_WORDS].numpy()[1:])

    def share(self, once: Once) -> None:
        """Shares the described ratings, which take most of the time."""
        self._once = once

    def lessons(self, data: TrainingData) -> Lessons:
        """Fits the movies' profiles; the head is to learn from rows described out of fold."""
        described = self._described(data)
        self._fitted = tf.nest.map_structure(_kept, described.fitted)
        inputs, stars = described.train
        self._head = RatingHead(
            self._config,
            self._objective,
            mean=inputs.mean(axis=0),
            deviation=inputs.std(axis=0) + _LEAST_DEVIATION,
            start=self._objective.score_of_stars(stars.mean()),
        )
        size, evaluation = self._config.batch_size, described.evaluation
        return Lessons(
            self._head,
            batches(described.train, size, shuffle_seed=self._config.seed),
            None if evaluation is None else batches(evaluation, size),
        )

    def call(self, inputs: Inputs, training: bool = False) -> tf.Tensor:  # noqa: ARG002
        """Rows of the same user, as an evaluation has many, share the solving."""
        rows, stars = self._histories(inputs)
        key = tf.concat([rows, tf.cast(tf.bitcast(stars, tf.int32), tf.int64)], axis=1)
        distinct, owner = tf.raw_ops.UniqueV2(x=key, axis=[0])
        owners = tf.shape(distinct)[0]
        order = tf.argsort(owner, stable=True)
        first = tf.math.unsorted_segment_min(tf.range(tf.size(owner)), owner, owners)
        chosen = tf.RaggedTensor.from_value_rowids(
            order, tf.gather(owner, order), nrows=tf.cast(owners, tf.int32)
        )
        described = pair_features(
            tf.gather(rows, first),
            tf.gather(stars, first),
            self._profiles(inputs),
            chosen,
            self._fitted,
        )
        return tf.gather(self._head(described.values), tf.math.invert_permutation(order))

    def freeze(self) -> list[tf.Variable]:
        return [*tf.nest.flatten(self._fitted), *self._titles.variables]

    def score_rows(self, user: Inputs, rows: tf.Tensor) -> tf.Tensor:
        history = self._histories(user)
        chosen = tf.RaggedTensor.from_tensor(rows)
        described = pair_features(*history, self._fitted.table, chosen, self._fitted)
        scores = self._head(described.values)
        return tf.reshape(scores, tf.concat([tf.shape(rows), tf.shape(scores)[1:]], axis=0))

    def score_catalogue(self, user: Inputs) -> tf.Tensor:
        """One user at a time: the hidden layers of a whole catalogue take 40 MB."""
        movies = tf.range(1, tf.shape(self._fitted.table.prior)[0])

        def of_user(history: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
            table = self._fitted.table.at(movies)
            return self._head(pair_features_of_user(*history, table, self._fitted))

        spec = tf.TensorSpec(
            [None] if self._objective.parts is None else [None, self._objective.parts]
        )
        return tf.map_fn(of_user, self._histories(user), fn_output_signature=spec)

    def embed(self, movie: Inputs) -> tf.Tensor:
        """By whom a movie is watched, what it is, and the words of its title.

        A new movie has no company yet: its content and title find its neighbours by themselves.
        """
        profile = self._profiles(movie)
        company = tf.math.l2_normalize(profile.seen, axis=1)
        parts = [company, content_vector(movie), _TITLE_WEIGHT * profile.title]
        return tf.math.l2_normalize(tf.concat(parts, axis=1), axis=1)

    def _described(self, data: TrainingData) -> DescribedRatings:
        tuned = MODELS[self._config.model].tuned
        options = dict(self._config).items()
        described: DescribedRatings = self._once(
            tuple((name, value) for name, value in options if name not in tuned),
            lambda: describe_ratings(data, self._movies, self._titles, self._config),
        )
        return described

    def _histories(self, user: Inputs) -> tuple[tf.Tensor, tf.Tensor]:
        """The histories of users as catalogue rows and stars, [B, H]."""
        rows = self.tables.rows_of(user[features.HISTORY_MOVIE_IDS])
        return rows, user[features.HISTORY_RATINGS]

    def _profiles(self, movie: Inputs) -> MovieProfile:
        """Profiles of movies [n]; of those that the catalogue lacks by their metadata alone."""
        rows = self.tables.rows_of(movie[features.MOVIE_ID])
        unrated = unrated_profiles(movie, self._fitted, self._titles)

        def chosen(known: tf.Tensor, new: tf.Tensor) -> tf.Tensor:
            is_known = tf.reshape(rows != UNKNOWN_ROW, [-1, *[1] * (known.shape.rank - 1)])
            return tf.where(is_known, known, new)

        return MovieProfile(*map(chosen, self._fitted.table.at(rows), unrated))


def batches(rows: Rows, size: int, shuffle_seed: int | None = None) -> tf.data.Dataset:
    """Batches of rows, shuffled anew for each epoch if there is a seed."""
    places = tf.data.Dataset.range(len(rows.stars))
    if shuffle_seed is not None:
        places = places.shuffle(len(rows.stars), shuffle_seed, reshuffle_each_iteration=True)
    columns = tuple(map(tf.constant, rows))
    return places.batch(size).map(
        lambda chosen: tuple(tf.gather(column, chosen) for column in columns)
    )


def _kept(tensor: tf.Tensor) -> tf.Variable:
    return tf.Variable(tensor, trainable=False)

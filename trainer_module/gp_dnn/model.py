"""`gp_dnn`: a Gaussian process for the user's taste, and a network that judges its predictions.

    score(u, m) = DNN(history's habits, movie's statistics, w_u . phi_m by its parts, ...)

The movie vector phi_m holds content and collaborative factors; the user vector w_u comes from the
history in closed form (`user_taste`). A small network learns how far to believe which part for
whom, from rows described out of fold (`out_of_fold`). Nothing is looked up by user, so the model
serves users never seen. A movie without ratings is described by its content.
"""

import functools
from typing import Self

import tensorflow as tf

from trainer_module.data.catalogue import UNKNOWN_ROW
from trainer_module.data.inputs import Inputs
from trainer_module.data.training_data import TrainingData
from trainer_module.gp_dnn.content_vectors import TitleVectors
from trainer_module.gp_dnn.movie_profile import (
    FittedProfiles,
    MovieProfile,
    fit_profiles,
    unrated_profiles,
)
from trainer_module.gp_dnn.out_of_fold import DescribedRatings, Rows, describe_ratings
from trainer_module.gp_dnn.pair_features import pair_features, pair_features_of_user
from trainer_module.gp_dnn.rating_head import RatingHead
from trainer_module.models.layers import content_vector
from trainer_module.models.rating_model import Blueprint, Lessons, RatingModel
from trainer_module.registry import MODELS
from transform_module import features

_LEAST_DEVIATION = 1e-6  # of a feature that is the same in every row
_TITLE_WEIGHT = 0.7  # of a title in an embedding; those of company and content are 1


class GpDnn(RatingModel):
    """See the module's docstring."""

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint)
        self._config = blueprint.config
        self._once = blueprint.once
        self._movies = blueprint.tables.all_features()
        self._titles = TitleVectors(self._movies[features.TITLE_WORDS].numpy()[1:])

    def lessons(self, data: TrainingData) -> Lessons:
        """Fits the movies' profiles. The head learns from rows described out of fold."""
        self._described = self._describe(data)
        return self._lessons(*self._described)

    def last_lessons(self, data: TrainingData, first: Self) -> Lessons:
        """Fits the profiles to all ratings. The head learns from the rows of the first training.

        To describe them anew would take as long as all the rest, and predicts no better.
        """
        fitted = fit_profiles(data.train, self._movies, self._titles)
        return self._lessons(fitted, first._described.together(), None)

    def call(self, inputs: Inputs, training: bool = False) -> tf.Tensor:  # noqa: ARG002
        """Solves once for all rows of the same user, of whom an evaluation has many."""
        names = (features.HISTORY_MOVIE_IDS, features.HISTORY_RATINGS)
        movie_ids, stars = (inputs[name] for name in names)
        key = tf.concat([movie_ids, tf.cast(tf.bitcast(stars, tf.int32), tf.int64)], axis=1)
        distinct, owner = tf.raw_ops.UniqueV2(x=key, axis=[0])
        owners = tf.shape(distinct)[0]
        order = tf.argsort(owner, stable=True)
        first = tf.math.unsorted_segment_min(tf.range(tf.size(owner)), owner, owners)
        chosen = tf.RaggedTensor.from_value_rowids(
            order, tf.gather(owner, order), nrows=tf.cast(owners, tf.int32)
        )
        history = self._histories({name: tf.gather(inputs[name], first) for name in names})
        described = pair_features(*history, self._profiles(inputs), chosen, self._fitted)
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
        """Scores one user at a time: the hidden layers of a whole catalogue take 40 MB."""
        movies = tf.range(1, tf.shape(self._fitted.table.prior)[0])

        def of_user(history: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
            table = self._fitted.table.at(movies)
            return self._head(pair_features_of_user(*history, table, self._fitted))

        spec = tf.TensorSpec(
            [None] if self.objective.parts is None else [None, self.objective.parts]
        )
        return tf.map_fn(of_user, self._histories(user), fn_output_signature=spec)

    def embed(self, movie: Inputs) -> tf.Tensor:
        """Joins vectors of who watches a movie, of its content, and of the words of its title.

        Nobody has watched a new movie: content and title find its neighbours.
        """
        profile = self._profiles(movie)
        company = tf.math.l2_normalize(profile.seen, axis=1)
        parts = [company, content_vector(movie), _TITLE_WEIGHT * profile.title]
        return tf.math.l2_normalize(tf.concat(parts, axis=1), axis=1)

    def _describe(self, data: TrainingData) -> DescribedRatings:
        """Describes the ratings once for all trials that differ in tuned options alone."""
        tuned = MODELS[self._config.model].tuned
        options = dict(self._config).items()
        described: DescribedRatings = self._once(
            tuple((name, value) for name, value in options if name not in tuned),
            lambda: describe_ratings(data, self._movies, self._titles, self._config),
        )
        return described

    def _lessons(self, fitted: FittedProfiles, train: Rows, evaluation: Rows | None) -> Lessons:
        kept = functools.partial(tf.Variable, trainable=False)
        self._fitted = tf.nest.map_structure(kept, fitted)
        self._head = RatingHead(
            self._config,
            self.objective,
            mean=train.inputs.mean(axis=0),
            deviation=train.inputs.std(axis=0) + _LEAST_DEVIATION,
            start=self.objective.score_of_stars(train.stars.mean()),
        )
        size = self._config.batch_size
        return Lessons(
            self._head,
            batches(train, size, shuffle_seed=self._config.seed),
            None if evaluation is None else batches(evaluation, size),
        )

    def _histories(self, user: Inputs) -> tuple[tf.Tensor, tf.Tensor]:
        """Catalogue rows and stars of the histories, [B, H] each."""
        rows = self.tables.rows_of(user[features.HISTORY_MOVIE_IDS])
        return rows, user[features.HISTORY_RATINGS]

    def _profiles(self, movie: Inputs) -> MovieProfile:
        """Profiles of movies [n], from metadata alone if the catalogue lacks a movie."""
        rows = self.tables.rows_of(movie[features.MOVIE_ID])
        unrated = unrated_profiles(movie, self._fitted, self._titles)

        def chosen(known: tf.Tensor, new: tf.Tensor) -> tf.Tensor:
            is_known = tf.reshape(rows != UNKNOWN_ROW, [-1, *[1] * (known.shape.rank - 1)])
            return tf.where(is_known, known, new)

        return MovieProfile(*map(chosen, self._fitted.table.at(rows), unrated))


def batches(rows: Rows, size: int, shuffle_seed: int | None = None) -> tf.data.Dataset:
    """Batches of rows, shuffled anew for each epoch if there is a seed."""
    count = len(rows.stars)
    columns = tuple(map(tf.constant, rows))

    def of_epoch(seed: tf.Tensor) -> tf.data.Dataset:
        places = tf.range(count)
        if shuffle_seed is not None:
            # At once: to shuffle row by row takes as long as a third of a training step.
            places = tf.random.experimental.stateless_shuffle(places, tf.stack([seed, 0]))
        starts = tf.data.Dataset.range(0, count, size)
        return starts.map(
            lambda start: tuple(
                tf.gather(column, places[start : start + size]) for column in columns
            )
        )

    seeds = tf.data.Dataset.random(shuffle_seed or 0, rerandomize_each_iteration=True)
    steps = tf.data.experimental.assert_cardinality(-(-count // size))
    return seeds.take(1).flat_map(of_epoch).apply(steps)

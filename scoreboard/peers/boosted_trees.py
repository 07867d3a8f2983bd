"""LightGBM on the pipeline's own features: aggregates out of fold, year and genres."""

from typing import Any, Final

import numpy as np
import tensorflow_transform as tft
from numpy.typing import NDArray

from components.evaluator.rated_rows import RatedRows
from scoreboard.data.protocol_data import ProtocolData
from scoreboard.data.transforming import graph_function
from scoreboard.measuring.answers import Question, predicted_rows
from transform_module import features

_ROUNDS, _PATIENCE = 2_000, 50
_OPTIONS: Final = {
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_child_samples": 50,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "num_threads": 2,
    "verbosity": -1,
}
_COLUMNS: Final = (
    features.RATING,
    features.LIKED,
    features.YEAR,
    features.GENRE_INDICES,
    *features.AGGREGATES,
    *map(features.out_of_fold, features.AGGREGATES),
)

Columns = dict[str, NDArray[Any]]


def boosted_trees(question: Question, seed: int) -> RatedRows:
    """Two boosters on the same features: squared error for stars, log loss for likes.

    The number of rounds is chosen on eval. Training reads the out-of-fold aggregates. A ValueError
    if the question has no data.
    """
    import lightgbm

    if question.data is None:
        raise ValueError("LightGBM learns from features. Received a question without data.")
    names = (features.SPLIT_TRAIN, features.SPLIT_EVAL, features.SPLIT_TEST)
    train, evaluation, test = (read_columns(question.data, name) for name in names)
    answers = {}
    for label, objective in ((features.RATING, "regression"), (features.LIKED, "binary")):
        fitted = lightgbm.Dataset(_matrix(train, training=True), train[label][:, 0])
        chosen_on = lightgbm.Dataset(
            _matrix(evaluation, training=False), evaluation[label][:, 0], reference=fitted
        )
        booster = lightgbm.train(
            {**_OPTIONS, "objective": objective, "seed": seed},
            fitted,
            _ROUNDS,
            valid_sets=[chosen_on],
            callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False)],
        )
        answers[label] = booster.predict(_matrix(test, training=False))
    stars = np.clip(answers[features.RATING], features.MIN_RATING, features.MAX_RATING)
    rows = question.rated.shard().rows_of(features.SPLIT_TEST)  # in the order of the examples
    return predicted_rows(rows, stars, answers[features.LIKED])


def read_columns(data: ProtocolData, split: str) -> Columns:
    """Computes a split's features, [n, values], in the order of its ratings."""
    transform = graph_function(tft.TFTransformOutput(data.graph_path))
    batches = [transform(batch.numpy()) for batch in data.examples(split)]
    return {
        name: np.concatenate(
            [
                np.asarray(batch.column(name).flatten()).reshape(batch.num_rows, -1)
                for batch in batches
            ]
        )
        for name in _COLUMNS
    }


def _matrix(columns: Columns, *, training: bool) -> NDArray[np.float64]:
    """Returns aggregates, year and one column a genre, [n, features]."""
    rename = features.out_of_fold if training else str
    numeric = [columns[rename(name)] for name in features.AGGREGATES]
    genres = columns[features.GENRE_INDICES]
    one_hot = (genres[:, :, np.newaxis] == np.arange(len(features.GENRE_NAMES) + 1)).any(axis=1)
    return np.concatenate([*numeric, columns[features.YEAR], one_hot], axis=1).astype(np.float64)

"""The audits. Each changes the ratings where a feature must not look, and compares features.

The statistics that `gp_dnn` itself computes from labels are audited by `lesson_audits`.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from audit.changed_ratings import (
    EVAL_PERMUTED,
    FUTURE,
    LONE_PERMUTED,
    TEST_PERMUTED,
    lone_train_rows,
)
from audit.features import changed_features, keys_of, lists, one_each, pair_keys
from audit.lesson_audits import LESSON_AUDITS
from audit.subject import Audit, Subject
from movielens.splits import EVAL, TEST
from trainer_module.config import TrainerConfig
from trainer_module.data.histories import TrainHistories
from trainer_module.data.ratings import COLUMNS, Ratings
from transform_module import features

LABELS: Final = frozenset({features.RATING, features.LIKED})
# Standard deviations of a feature. A row's own stars move its aggregate by 1 / (n + damping) of
# what they change: by hundredths. Single precision rounds at some millionths.
_ROUNDING: Final = 1e-4


def label_invariance(subject: Subject) -> list[str]:
    """No test label reaches a feature of any row, in any bit."""
    again = subject.rebuilt(TEST_PERMUTED)
    violations = []
    for split, table in subject.tables.items():
        allowed = LABELS if split == features.SPLIT_TEST else frozenset()
        violations += _describe(split, changed_features(table, again[split]) - allowed)
    return violations


def future_invariance(subject: Subject) -> list[str]:
    """No later rating, and no movie that only later ratings know, reaches an earlier row."""
    again = subject.rebuilt(FUTURE)
    violations = []
    for split, table in subject.tables.items():
        is_earlier = np.isin(keys_of(again[split]), keys_of(table))
        earlier = again[split].filter(pa.array(is_earlier))
        violations += _describe(split, changed_features(table, earlier))
    return violations


def own_label(subject: Subject) -> list[str]:
    """No row's own stars reach what training reads of it.

    They are permuted among train rows of which no two share a user or a movie. The global moments
    see every train label: they shift and scale a z-score by the same amount in all rows, so that a
    feature is compared with the best affine map of its value before.
    """
    again = subject.rebuilt(LONE_PERMUTED)
    rows = subject.rated.rows[lone_train_rows(subject.rated)]
    table = subject.tables[features.SPLIT_TRAIN]
    is_chosen = np.isin(keys_of(table), pair_keys(rows["user_id"], rows["movie_id"]))
    before, after = (
        each.filter(pa.array(is_chosen)) for each in (table, again[features.SPLIT_TRAIN])
    )
    not_read = {*LABELS, features.BIAS_RATING, features.MOVIE_LIKE_COUNT, *features.AGGREGATES}
    leaks = {
        name
        for name in changed_features(before, after) - not_read
        if before[name].combine_chunks().value_lengths().to_pylist() != [1] * len(before)
        or _misfit(one_each(before, name), one_each(after, name)) > _ROUNDING
    }
    return _describe(features.SPLIT_TRAIN, leaks)


def eval_not_trained_on(subject: Subject) -> list[str]:
    """Training reads neither rows nor labels of eval or test."""
    table = subject.tables[features.SPLIT_TRAIN]
    held_out = subject.rated.rows[np.isin(subject.rated.codes, (EVAL, TEST))]
    shared = np.isin(pair_keys(held_out["user_id"], held_out["movie_id"]), keys_of(table)).sum()
    violations = [f"{shared} eval and test ratings are among the train rows"] if shared else []
    changed = changed_features(table, subject.rebuilt(EVAL_PERMUTED)[features.SPLIT_TRAIN])
    return violations + _describe(features.SPLIT_TRAIN, changed)


def histories(subject: Subject) -> list[str]:
    """No history holds a test rating, nor the row itself; those of train are the Trainer's."""
    tests = subject.rated.rows[subject.rated.codes == TEST]
    test_keys = pair_keys(tests["user_id"], tests["movie_id"])
    violations = []
    for split in features.RATING_SPLITS:
        table = subject.tables[split]
        row, movies = (
            _train_histories(table)
            if split == features.SPLIT_TRAIN
            else lists(table, features.HISTORY_MOVIE_IDS)
        )
        seen = pair_keys(one_each(table, features.USER_ID)[row], movies)
        tested, itself = np.isin(seen, test_keys).sum(), (seen == keys_of(table)[row]).sum()
        violations += [f"{split}: {tested} test ratings in histories"] if tested else []
        violations += [f"{split}: {itself} rows in their own history"] if itself else []
    return violations


def _train_histories(table: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the histories of the train rows, in the form of `lists`."""
    columns = {name: one_each(table, name) for name in COLUMNS}
    ratings = Ratings.from_columns(columns, np.unique(columns[features.MOVIE_ID]))
    made = TrainHistories(ratings, "leave_one_out", TrainerConfig(model="mf_dnn").max_history)
    movies, _ = made.of(columns[features.USER_ID], columns[features.MOVIE_ID])
    row, _ = is_given = np.nonzero(movies != features.PADDING_ID)
    return row, movies[is_given]


AUDITS: Final[Mapping[str, Audit]] = {
    "histories": histories,
    "label invariance": label_invariance,
    "future invariance": future_invariance,
    "own label": own_label,
    "eval not trained on": eval_not_trained_on,
    **LESSON_AUDITS,
}


def _describe(split: str, changed: set[str] | frozenset[str]) -> list[str]:
    return [f"{split}: {name} changed" for name in sorted(changed)]


def _misfit(before: NDArray[np.floating], after: NDArray[np.floating]) -> float:
    """Largest distance of `after` from its best affine fit on `before`, in deviations."""
    if not np.issubdtype(before.dtype, np.floating):
        return float("inf")  # an index or a name that changed has no excuse
    scale = float(before.std()) or 1.0
    centred = (before - before.mean(dtype=np.float64)) / scale
    slope = float(centred @ after) / max(float(centred @ centred), 1.0)
    residual = after - after.mean(dtype=np.float64) - slope * centred
    return float(np.abs(residual).max()) / scale

"""The audits of what `gp_dnn` itself computes from labels: statistics, factors, tastes of users.

A lesson is a training row of the rating head. Its inputs may depend on labels of other folds, but
not on those of its own: all stars of a fold are changed at once, which tests a tenth of the rows.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np

from audit.changed_ratings import EVAL_PERMUTED, FUTURE, TEST_PERMUTED
from audit.features import pair_keys
from audit.lessons import Classroom, Taught
from audit.subject import Audit, Subject
from trainer_module.config import FoldsBy
from trainer_module.data.ratings import Ratings
from trainer_module.gp_dnn.out_of_fold import folds_by_hash, folds_by_time
from transform_module import features

Parts = Callable[[Ratings], Iterator[tuple[Ratings, Ratings, Ratings]]]

PARTS: Final[Mapping[FoldsBy, Parts]] = {"time": folds_by_time, "hash": folds_by_hash}
_ANY_WAY: Final = "time"
_AUDITED_FOLD: Final = 7
_BOTH: Final = (features.SPLIT_TRAIN, features.SPLIT_EVAL)


def label_invariance(subject: Subject) -> list[str]:
    """No test label reaches the inputs of a lesson, in any bit."""
    return _changed(subject, TEST_PERMUTED, _BOTH)


def future_invariance(subject: Subject) -> list[str]:
    """No later rating reaches a lesson."""
    return _changed(subject, FUTURE, _BOTH)


def eval_not_trained_on(subject: Subject) -> list[str]:
    """No eval label reaches a lesson of train."""
    return _changed(subject, EVAL_PERMUTED, (features.SPLIT_TRAIN,))


def own_label(subject: Subject, parts: Mapping[FoldsBy, Parts] = PARTS) -> list[str]:
    """No lesson's own stars, nor those of its fold, reach its inputs."""
    classroom = Classroom.of_tables(subject.tables)
    violations = []
    for folds_by, folds in parts.items():
        before = _taught(subject, classroom, folds_by)[features.SPLIT_TRAIN]
        train = _with_other_stars(classroom.train, folds, _AUDITED_FOLD)
        other = dataclasses.replace(classroom, train=train)
        after = other.taught(folds_by)[features.SPLIT_TRAIN]
        # Lessons know no user or movie: those of the fold are told by their changed answers.
        own = np.flatnonzero(before.stars != after.stars)
        found = before.changed(after, own) if len(own) else ["not a lesson of it has its stars"]
        violations += [f"folds by {folds_by}: {each}" for each in found]
    return violations


LESSON_AUDITS: Final[Mapping[str, Audit]] = {
    "lessons: label invariance": label_invariance,
    "lessons: future invariance": future_invariance,
    "lessons: own label": own_label,
    "lessons: eval not trained on": eval_not_trained_on,
}


def _changed(subject: Subject, change: str, splits: tuple[str, ...]) -> list[str]:
    """Returns how the lessons of changed ratings differ.

    Which ratings reach a lesson at all does not depend on the way of folding, so that one suffices.
    """
    before = _taught(subject, Classroom.of_tables(subject.tables), _ANY_WAY)
    after = Classroom.of_tables(subject.rebuilt(change)).taught(_ANY_WAY)
    return [f"{split}: {each}" for split in splits for each in before[split].changed(after[split])]


def _taught(subject: Subject, classroom: Classroom, folds_by: FoldsBy) -> Mapping[str, Taught]:
    """Returns the lessons of the unchanged subject, made once for all audits."""
    if folds_by not in subject.lessons:
        subject.lessons[folds_by] = classroom.taught(folds_by)
    return subject.lessons[folds_by]


def _with_other_stars(train: Ratings, parts: Parts, number: int) -> Ratings:
    """Returns the train ratings, with the stars of a fold mirrored on the scale."""
    *_, asked = next(itertools.islice(parts(train), number, None))
    in_fold = np.isin(
        pair_keys(train.user_ids, train.movie_ids), pair_keys(asked.user_ids, asked.movie_ids)
    )
    mirrored = features.MIN_RATING + features.MAX_RATING - train.stars
    return dataclasses.replace(train, stars=np.where(in_fold, mirrored, train.stars))

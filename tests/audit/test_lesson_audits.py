"""Lessons pass their audits (`test_audits`), and a leak planted in how they are made is found."""

import dataclasses
from collections.abc import Callable

import pytest

from audit.lesson_audits import (
    PARTS,
    eval_not_trained_on,
    future_invariance,
    label_invariance,
    own_label,
)
from audit.subject import Subject
from tests.audit.planting import learning_from
from trainer_module.data.ratings import Ratings
from trainer_module.gp_dnn import out_of_fold

Fold = tuple[Ratings, Ratings, Ratings]
Leak = Callable[[Ratings, Fold], Fold]
FindLeak = Callable[[Leak], list[str]]


@pytest.fixture(params=PARTS)
def found_of(
    request: pytest.FixtureRequest, honest: Subject, monkeypatch: pytest.MonkeyPatch
) -> FindLeak:
    """Plants a leak into one way of folding; what the audit of a fold then finds."""
    folds_by, folds = request.param, PARTS[request.param]

    def plant_and_audit(leak: Leak) -> list[str]:
        monkeypatch.setattr(
            out_of_fold,
            folds.__name__,
            lambda ratings: (leak(ratings, fold) for fold in folds(ratings)),
        )
        subject = dataclasses.replace(honest, lessons={})
        return own_label(subject, {folds_by: folds})

    return plant_and_audit


def assert_says_so(found: list[str]) -> None:
    (line,) = found
    assert ": inputs [" in line
    assert "changed in" in line


def test_statistics_fitted_to_the_row_itself_are_found(found_of: FindLeak) -> None:
    def leak(ratings: Ratings, fold: Fold) -> Fold:
        _, known, asked = fold
        return ratings, known, asked

    assert_says_so(found_of(leak))


def test_a_row_in_its_own_history_is_found(found_of: FindLeak) -> None:
    def leak(_: Ratings, fold: Fold) -> Fold:
        fitted_on, known, asked = fold
        return fitted_on, Ratings.concatenated([known, asked]), asked

    assert_says_so(found_of(leak))


def test_test_rows_among_those_learned_from_are_found(honest: Subject) -> None:
    subject = learning_from(honest, "train", "test")
    assert any(line.startswith("train: inputs [") for line in label_invariance(subject))
    assert any("lessons of shape" in line for line in future_invariance(subject))


def test_eval_rows_among_those_learned_from_are_found(honest: Subject) -> None:
    (found,) = eval_not_trained_on(learning_from(honest, "train", "eval"))
    assert found.startswith("train: inputs [")

"""Models named by their numbers; what each has learned from and is judged by is planted."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tfx.types import standard_artifacts

from components.baseline_resolver.earlier_model_strategy import EarlierModelStrategy
from components.baseline_resolver.rollback_mark import RESTORED_MODEL
from tests.support.recorded_models import ingest_report, recorded_model


def blessing(of_model: int) -> standard_artifacts.ModelBlessing:
    artifact = standard_artifacts.ModelBlessing()
    artifact.id = 100 + of_model
    artifact.set_int_custom_property("current_model_id", of_model)
    artifact.set_int_custom_property("blessed", 1)
    return artifact


def rollback(to_model: int) -> standard_artifacts.PushedModel:
    artifact = standard_artifacts.PushedModel()
    artifact.id = 1000
    artifact.set_int_custom_property(RESTORED_MODEL, to_model)
    return artifact


def resolve(
    folder: Path,
    models: list[int | None],
    *,
    blessed: set[int],
    pushes: Sequence[Any] = (),
    **first_rated: int,
) -> tuple[list[int], list[int]]:
    """What is found among models 1, 2, ... that have learned until these times.

    Returns:
        The numbers of the model to start from, and of the last blessed one.
    """
    known: list[Any] = []
    for number, until in enumerate(models, start=1):
        known.append(recorded_model(folder / str(number), until))
        known[-1].id = number
    report = ingest_report(folder / "report", **first_rated)
    resolved = EarlierModelStrategy().resolve_artifacts(
        store=None,
        input_dict={
            "model": list(known),
            "model_blessing": [blessing(number) for number in blessed],
            "pushed_model": list(pushes),
            "latest": list(known),
            "ingest_report": [report],  # type: ignore[list-item]
        },
    )
    assert resolved["ingest_report"] == [report]
    assert resolved["pushed_model"] == []
    assert len(resolved["model_blessing"]) == len(resolved["model"])
    found, latest = ([each.id for each in resolved[key]] for key in ("model", "latest"))
    return found, latest


def test_the_first_run_finds_no_model(tmp_path: Path) -> None:
    assert resolve(tmp_path, [], blessed=set(), train=0, eval=10, test=20) == ([], [])


def test_a_later_span_starts_from_the_model_of_the_span_before(tmp_path: Path) -> None:
    assert resolve(tmp_path, [9], blessed={1}, train=0, eval=10, test=20) == ([1], [1])


def test_the_same_data_again_start_cold_and_the_log_has_both_times(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The model has learned from the eval ratings, the last of which was the second before test."""
    with caplog.at_level(logging.WARNING):
        found = resolve(tmp_path, [86_399], blessed={1}, train=0, eval=3_600, test=86_400)
    assert found == ([], [1])
    assert "learned until 1970-01-01T23:59:59+00:00" in caplog.text
    assert "judges by is of 1970-01-01T01:00:00+00:00" in caplog.text


def test_a_rating_of_the_same_second_is_not_earlier(tmp_path: Path) -> None:
    assert resolve(tmp_path, [10], blessed={1}, train=0, eval=10, test=20) == ([], [1])


def test_a_test_rating_before_all_eval_ratings_counts(tmp_path: Path) -> None:
    """Under `temporal` a user with few ratings has some in test and none in eval."""
    assert resolve(tmp_path, [9], blessed={1}, train=0, eval=10, test=5) == ([], [1])


def test_a_second_run_on_a_span_starts_from_what_the_first_started_from(tmp_path: Path) -> None:
    """So that the Trainer's inputs are the same, and its cache answers."""
    assert resolve(tmp_path, [9, 29], blessed={1, 2}, train=0, eval=10, test=30) == ([1], [2])


def test_only_a_blessed_model_is_started_from(tmp_path: Path) -> None:
    assert resolve(tmp_path, [8, 9], blessed={1}, train=0, eval=10, test=20) == ([1], [1])


def test_a_model_that_was_rolled_back_from_is_not_started_from(tmp_path: Path) -> None:
    found = resolve(
        tmp_path, [8, 9], blessed={1, 2}, pushes=[rollback(to_model=1)], train=0, eval=10, test=20
    )
    assert found == ([1], [1])


def test_a_model_that_tells_nothing_is_not_started_from(tmp_path: Path) -> None:
    assert resolve(tmp_path, [8, None], blessed={1, 2}, train=0, eval=10, test=20) == ([1], [2])
    assert resolve(tmp_path / "x", [None], blessed={1}, train=0) == ([], [1])


def test_what_a_model_has_learned_in_eval_or_by_its_own_start_counts(tmp_path: Path) -> None:
    for name in ("eval", "base_model"):
        folder = tmp_path / name
        model: Any = recorded_model(folder / "model", 5, **{name: 10})
        model.id = 1
        resolved = EarlierModelStrategy().resolve_artifacts(
            store=None,
            input_dict={
                "model": [model],
                "model_blessing": [blessing(1)],
                "pushed_model": [],
                "latest": [model],
                "ingest_report": [ingest_report(folder / "report", eval=10)],  # type: ignore[list-item]
            },
        )
        assert resolved["model"] == []

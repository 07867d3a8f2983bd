from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tfx.types import standard_artifacts

from components.baseline_resolver import RESTORED_MODEL
from components.baseline_resolver.strategies import LatestOtherBlessedModelStrategy, standing_models


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where all models have their files."""
    monkeypatch.chdir(tmp_path)
    for number in range(61):
        saved_model = tmp_path / str(number) / "Format-Serving" / "saved_model.pb"
        saved_model.parent.mkdir(parents=True)
        saved_model.touch()
    return tmp_path


def model(model_id: int) -> standard_artifacts.Model:
    artifact = standard_artifacts.Model()
    artifact.id = model_id
    artifact.uri = str(model_id)
    return artifact


def blessing(blessing_id: int, of_model: int, *, blessed: bool) -> standard_artifacts.ModelBlessing:
    artifact = standard_artifacts.ModelBlessing()
    artifact.id = blessing_id
    artifact.set_int_custom_property("current_model_id", of_model)
    artifact.set_int_custom_property("blessed", int(blessed))
    return artifact


def rollback(push_id: int, to_model: int) -> standard_artifacts.PushedModel:
    artifact = push(push_id)
    artifact.set_int_custom_property(RESTORED_MODEL, to_model)
    return artifact


def push(push_id: int) -> standard_artifacts.PushedModel:
    artifact = standard_artifacts.PushedModel()
    artifact.id = push_id
    artifact.set_int_custom_property("pushed", 1)
    return artifact


def resolve(
    candidate: int,
    models: list[int],
    blessings: list[Any],
    pushes: Sequence[Any] = (),
    left_out: Sequence[int] = (),
) -> list[int]:
    """Resolves, and checks the blessings of which models are said to be left out."""
    resolved = LatestOtherBlessedModelStrategy().resolve_artifacts(
        store=None,
        input_dict={
            "model": [model(each) for each in models],
            "model_blessing": blessings,
            "left_out": list(blessings),
            "pushed_model": list(pushes),
            "candidate": [model(candidate)],
        },
    )
    assert [each.id for each in resolved["candidate"]] == [candidate]
    assert resolved["pushed_model"] == []
    of_models = [each.get_int_custom_property("current_model_id") for each in resolved["left_out"]]
    assert of_models == list(left_out)
    assert len(resolved["model_blessing"]) == len(resolved["model"])
    return [each.id for each in resolved["model"]]


def test_the_first_run_has_no_baseline() -> None:
    assert resolve(1, [1], []) == []


def test_an_unchanged_second_run_is_not_compared_with_itself() -> None:
    assert resolve(1, [1], [blessing(2, of_model=1, blessed=True)]) == []


def test_the_latest_blessed_of_the_others_is_the_baseline() -> None:
    blessings = [blessing(10 + n, of_model=n, blessed=n != 3) for n in (1, 2, 3, 4)]
    assert resolve(4, [1, 2, 3, 4], blessings) == [2]


def test_no_baseline_where_no_other_was_blessed() -> None:
    assert resolve(2, [1, 2], [blessing(3, of_model=1, blessed=False)]) == []


def test_after_a_rollback_a_candidate_is_held_to_what_is_served_again() -> None:
    blessings = [blessing(10 * n + 1, of_model=10 * n, blessed=True) for n in (1, 2, 3)]
    pushes = [push(12), push(22), push(32), rollback(33, to_model=20)]
    assert resolve(40, [10, 20, 30, 40], blessings, pushes) == [20]
    # The same data once more: its model is the one that was rolled back from.
    assert resolve(30, [10, 20, 30], blessings, pushes) == [20]


def test_the_model_that_was_put_back_is_held_to_the_one_before_it() -> None:
    blessings = [blessing(10 * n + 1, of_model=10 * n, blessed=True) for n in (1, 2, 3)]
    assert resolve(20, [10, 20, 30], blessings, [rollback(33, to_model=20)]) == [10]


def test_what_is_blessed_after_a_rollback_counts_again() -> None:
    blessings = [blessing(10 * n + 1, of_model=10 * n, blessed=True) for n in (1, 2, 4)]
    pushes = [rollback(33, to_model=10)]
    assert standing_models(blessings, pushes) == {10, 40}
    # The model that was rolled back from is judged, and blessed, anew.
    again = blessing(51, of_model=20, blessed=True)
    assert standing_models([*blessings, again], pushes) == {10, 20, 40}


def test_a_rollback_can_be_taken_back() -> None:
    blessings = [blessing(10 * n + 1, of_model=10 * n, blessed=True) for n in (1, 2, 3)]
    pushes = [rollback(33, to_model=10), rollback(34, to_model=30)]
    assert standing_models(blessings, pushes) == {10, 30}


def test_a_model_whose_files_are_gone_is_left_out_and_named(folder: Path) -> None:
    blessings = [blessing(10 * n + 1, of_model=10 * n, blessed=True) for n in (1, 2)]
    (folder / "20" / "Format-Serving" / "saved_model.pb").unlink()
    assert resolve(30, [10, 20, 30], blessings, left_out=[20]) == [10]
    # The store has been told that they are gone.
    assert resolve(30, [10, 30], blessings, left_out=[20]) == [10]
    (folder / "10" / "Format-Serving" / "saved_model.pb").unlink()
    assert resolve(30, [10, 20, 30], blessings, left_out=[20]) == []


def test_that_an_older_model_is_gone_matters_to_nobody(folder: Path) -> None:
    blessings = [blessing(10 * n + 1, of_model=10 * n, blessed=True) for n in (1, 2)]
    (folder / "10" / "Format-Serving" / "saved_model.pb").unlink()
    assert resolve(30, [10, 20, 30], blessings) == [20]

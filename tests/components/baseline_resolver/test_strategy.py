from typing import Any

from tfx.types import standard_artifacts

from components.baseline_resolver.strategy import LatestOtherBlessedModelStrategy


def model(model_id: int) -> standard_artifacts.Model:
    artifact = standard_artifacts.Model()
    artifact.id = model_id
    return artifact


def blessing(blessing_id: int, of_model: int, *, blessed: bool) -> standard_artifacts.ModelBlessing:
    artifact = standard_artifacts.ModelBlessing()
    artifact.id = blessing_id
    artifact.set_int_custom_property("current_model_id", of_model)
    artifact.set_int_custom_property("blessed", int(blessed))
    return artifact


def resolve(candidate: int, models: list[int], blessings: list[Any]) -> list[int]:
    resolved = LatestOtherBlessedModelStrategy().resolve_artifacts(
        store=None,
        input_dict={
            "model": [model(each) for each in models],
            "model_blessing": blessings,
            "candidate": [model(candidate)],
        },
    )
    assert [each.id for each in resolved["candidate"]] == [candidate]
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

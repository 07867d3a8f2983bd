import io

import pytest
from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.components.common.importer import Importer
from tfx.orchestration.pipeline import Pipeline
from tfx.types import standard_artifacts

from components.atomic_pusher.leaky_mark import mark_leaky
from components.atomic_pusher.version_folder import remove_version
from components.evaluator.settings import Baseline
from pipeline.errors import RunFailure, UsageError
from pipeline.nodes import judging
from pipeline.run.execute import RunProgress, run_nodes
from pipeline.run.stop_request import StopRequest
from pipeline.store.connection import connection_config
from pipeline.store.history import read_history
from pipeline.store.rollback import Restored, roll_back
from tests.support.pushed_versions import PushedVersions


def back(versions: PushedVersions, version: int | None = None) -> Restored:
    return roll_back(versions.store, versions.config, version)


def content(restored: Restored) -> str:
    return (restored.folder / "saved_model.pb").read_text()


def test_without_a_version_the_one_before_the_served_one_is_put_back(
    versions: PushedVersions,
) -> None:
    for number in (1, 2, 3):
        versions.pushed(f"r{number}", number)
    restored = back(versions)
    assert (restored.restored_from, restored.replaced) == (2, 3)
    assert restored.version > 3
    assert content(restored) == "r2"
    assert set(versions.served()) == {"1", "2", "3", str(restored.version)}


def test_what_no_server_can_serve_is_not_taken_for_the_served_version(
    versions: PushedVersions,
) -> None:
    for number in (1, 2):
        versions.pushed(f"r{number}", number)
    (versions.config.serving_model / "9").touch()
    (versions.config.serving_model / ("9" * 20)).mkdir()
    states = [entry.version_state for entry in read_history(versions.store, versions.config)]
    assert states == ["kept", "served"]
    restored = back(versions)
    assert (restored.restored_from, restored.replaced, content(restored)) == (1, 2, "r1")
    assert 9 < restored.version < 2**63


def test_where_no_higher_number_is_left_the_path_to_move_away_is_named(
    versions: PushedVersions,
) -> None:
    for number in (1, 2):
        versions.pushed(f"r{number}", number)
    highest = versions.config.serving_model / str(2**63 - 1)
    highest.mkdir()
    with pytest.raises(RunFailure, match=rf"above {highest}: .* Move it out of the folder"):
        back(versions)


def test_going_back_twice_goes_back_two_versions(versions: PushedVersions) -> None:
    for number in (1, 2, 3):
        versions.pushed(f"r{number}", number)
    back(versions)
    again = back(versions)
    assert (again.restored_from, content(again)) == (1, "r1")
    with pytest.raises(RunFailure, match="no earlier blessed version to go back to"):
        back(versions)


def test_a_later_version_is_put_back_by_its_number(versions: PushedVersions) -> None:
    for number in (1, 2):
        versions.pushed(f"r{number}", number)
    back(versions)
    restored = back(versions, 2)
    assert (restored.restored_from, content(restored)) == (2, "r2")


@pytest.mark.parametrize("deleted", [["served"], ["served", "pushed"]])
def test_a_version_that_left_the_served_folder_comes_from_its_artifacts(
    versions: PushedVersions, deleted: list[str]
) -> None:
    made = versions.pushed("r1", 1)
    versions.pushed("r2", 2)
    remove_version(versions.config.serving_model, 1)
    if "pushed" in deleted:
        forget(versions, made["pushed"])
    assert content(back(versions, 1)) == "r1"


def forget(versions: PushedVersions, *artifact_ids: int) -> None:
    artifacts = versions.store.get_artifacts_by_id(artifact_ids)
    for artifact in artifacts:
        artifact.state = metadata_store_pb2.Artifact.DELETED
    versions.store.put_artifacts(artifacts)


def test_what_cannot_be_put_back_is_refused_and_the_served_version_stays(
    versions: PushedVersions,
) -> None:
    versions.pushed("r1", 1, blessed=False)
    gone = versions.pushed("r2", 2)
    versions.pushed("r3", 3)
    mark_leaky(versions.config.serving_model / "3")
    versions.pushed("r4", 4)
    (versions.config.serving_model / "0").mkdir()
    remove_version(versions.config.serving_model, 2)
    forget(versions, gone["pushed"], gone["model"])
    before = versions.served()
    with pytest.raises(RunFailure, match="version 1 was never blessed"):
        back(versions, 1)
    with pytest.raises(RunFailure, match=r"version 2 has been deleted.*keep_versions"):
        back(versions, 2)
    with pytest.raises(RunFailure, match=r"must not be pushed: by its mark .*LEAKY"):
        back(versions, 3)
    with pytest.raises(RunFailure, match="version 4 is what is served now"):
        back(versions, 4)
    with pytest.raises(RunFailure, match="version 0 is in the served folder, but no run"):
        back(versions, 0)
    with pytest.raises(UsageError, match="no version 9; pushed were: 1, 2, 3, 4"):
        back(versions, 9)
    assert versions.served() == before


def test_history_tells_of_runs_and_rollbacks_in_order(versions: PushedVersions) -> None:
    versions.pushed("r1", 1)
    versions.trained("r2", blessed=False)
    versions.pushed("r3", 3)
    restored = back(versions)
    entries = read_history(versions.store, versions.config)
    assert [
        (each.event, each.run_id, each.status, each.version, each.version_state, each.blessed)
        for each in sorted(entries, key=lambda each: (each.event == "rollback", each.run_id))
    ] == [
        ("run", "r1", "succeeded", 1, "kept", True),
        ("run", "r2", "not_blessed", None, None, False),
        ("run", "r3", "succeeded", 3, "kept", True),
        ("rollback", None, None, restored.version, "served", True),
    ]
    assert entries[-1].restored_from == 1


def test_after_a_rollback_a_new_model_is_held_to_the_one_that_is_served_again(
    versions: PushedVersions,
) -> None:
    first, second = versions.pushed("r1", 1), versions.pushed("r2", 2)
    assert baseline_of_a_new_model(versions, "r3") == [second["model"]]
    back(versions)
    assert baseline_of_a_new_model(versions, "r4") == [first["model"]]


def test_with_last_pushed_a_first_model_is_compared_with_nothing(versions: PushedVersions) -> None:
    assert len(baseline_of_a_new_model(versions, "r1", "last_pushed")) == 0
    versions.pushed("r2", 2)
    assert len(baseline_of_a_new_model(versions, "r3", "last_pushed")) == 1


def baseline_of_a_new_model(
    versions: PushedVersions, run_id: str, baseline: Baseline = "last_blessed"
) -> list[int]:
    """What the pipeline's own BaselineResolver finds for a model that is new to the store."""
    evaluator = versions.config.evaluator.replace(baseline=baseline)
    config = versions.config.replace(evaluator=evaluator)
    new = config.output / run_id
    new.mkdir()
    model = Importer(source_uri=str(new), artifact_type=standard_artifacts.Model)
    examples = Importer(source_uri=str(new), artifact_type=standard_artifacts.Examples)
    judges = judging.evaluate(config, examples.outputs["result"], model.outputs["result"])
    pipeline = Pipeline(
        pipeline_name=config.pipeline.name,
        pipeline_root=str(config.pipeline_root),
        metadata_connection_config=connection_config(config),
        components=[model.with_id("NewModel"), *judges.baseline],
    )
    progress = RunProgress(io.StringIO())
    run_nodes(pipeline, run_id, config.output, progress, StopRequest())
    *_, found = progress.nodes
    assert found.state == "executed", found.why
    return [artifact.id for artifact in found.outputs.get("model", [])]

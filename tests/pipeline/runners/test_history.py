import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata

from pipeline.runners.history import forget_lost_pushes, option_changes, set_aside_orphans

LIVE = metadata_store_pb2.Artifact.LIVE
DELETED = metadata_store_pb2.Artifact.DELETED


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    connection = metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite"))
    with metadata.Metadata(connection) as handle:
        yield handle.store


def put_pushed(store: Any, destination: Path, *, pushed: bool = True) -> int:
    type_id = store.put_artifact_type(metadata_store_pb2.ArtifactType(name="PushedModel"))
    artifact = metadata_store_pb2.Artifact(type_id=type_id, state=LIVE)
    artifact.custom_properties["pushed"].int_value = int(pushed)
    artifact.custom_properties["pushed_destination"].string_value = str(destination)
    (artifact_id,) = store.put_artifacts([artifact])
    return int(artifact_id)


def test_a_version_deleted_from_the_served_folder_is_forgotten(store: Any, tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    there = put_pushed(store, tmp_path / "1")
    lost = put_pushed(store, tmp_path / "2")
    never = put_pushed(store, Path(), pushed=False)
    forget_lost_pushes(store)
    states = {artifact.id: artifact.state for artifact in store.get_artifacts()}
    assert states == {there: LIVE, lost: DELETED, never: LIVE}


def test_a_store_without_pushes_has_nothing_to_forget(store: Any) -> None:
    forget_lost_pushes(store)
    assert store.get_artifacts() == []


def test_artifacts_without_metadata_are_set_aside(tmp_path: Path) -> None:
    (tmp_path / "pipeline_root" / "Trainer").mkdir(parents=True)
    aside = set_aside_orphans(tmp_path / "metadata.sqlite", tmp_path / "pipeline_root")
    assert aside is not None
    assert (aside / "Trainer").is_dir()
    assert not (tmp_path / "pipeline_root").exists()


def test_artifacts_with_metadata_stay(tmp_path: Path) -> None:
    (tmp_path / "pipeline_root").mkdir()
    (tmp_path / "metadata.sqlite").touch()
    assert set_aside_orphans(tmp_path / "metadata.sqlite", tmp_path / "pipeline_root") is None
    assert (tmp_path / "pipeline_root").is_dir()


def test_a_new_output_folder_has_nothing_to_set_aside(tmp_path: Path) -> None:
    assert set_aside_orphans(tmp_path / "metadata.sqlite", tmp_path / "pipeline_root") is None


def test_changes_of_nested_json_are_named_by_path_and_code_by_its_fingerprint() -> None:
    def execution(**options: object) -> metadata_store_pb2.Execution:
        made = metadata_store_pb2.Execution()
        made.custom_properties["custom_config"].string_value = json.dumps(options)
        made.custom_properties["__internal"].string_value = str(options)
        return made

    before = execution(config={"epochs": 3}, fingerprint="a")
    after = execution(config={"epochs": 5}, fingerprint="b")
    assert list(option_changes(before, after)) == [
        "its code changed",
        "custom_config.config.epochs: 3 -> 5",
    ]


def test_of_many_changed_options_three_are_named() -> None:
    before, after = metadata_store_pb2.Execution(), metadata_store_pb2.Execution()
    for name in "abcde":
        after.custom_properties[name].int_value = 1
    assert list(option_changes(before, after)) == [
        "a: absent -> 1",
        "b: absent -> 1",
        "c: absent -> 1",
        "2 more options changed",
    ]

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli
from pipeline.config import PipelineConfig, load_config
from pipeline.store.connection import existing_store, open_store
from pipeline.store.history import read_history
from pipeline.store.ledger import artifacts_of_pipeline
from pipeline.store.relocation import follow_move
from pipeline.store.retention import apply_retention
from pipeline.store.rollback import roll_back
from tests.support.pushed_versions import PushedVersions

NAME = "movielens"


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """The output folder of three runs that pushed a version each."""
    output = tmp_path / "first"
    config = load_config(output=str(output))
    versions = PushedVersions(open_store(config), config)
    for number in (1, 2, 3):
        versions.pushed(f"r{number}", number)
    return output


def moved(first: Path, *overrides: str) -> PipelineConfig:
    first.rename(first.with_name("second"))
    return load_config(output=str(first.with_name("second")), overrides=overrides)


def paths(store: Any) -> list[str]:
    """All paths that the artifacts name."""
    artifacts = artifacts_of_pipeline(store, NAME)
    pushed = [each.custom_properties["pushed_destination"].string_value for each in artifacts]
    return [each.uri for each in artifacts] + [each for each in pushed if each]


def test_what_was_moved_is_found_where_it_is(first: Path) -> None:
    config = moved(first)
    store = open_store(config)
    before = {each.id: each.last_update_time_since_epoch for each in store.get_artifacts()}
    assert follow_move(store, config) == first
    assert all(Path(path).exists() for path in paths(store))
    # To TFX's cache an artifact with another time is another artifact.
    after = {each.id: each.last_update_time_since_epoch for each in store.get_artifacts()}
    assert after == before
    assert follow_move(store, config) is None


def test_history_and_rollback_work_in_a_moved_folder(first: Path) -> None:
    config = moved(first)
    shutil.rmtree(config.serving_model / "1")
    history = read_history(existing_store(config), config)
    assert [each.version_state for each in history] == ["kept", "kept", "served"]
    restored = roll_back(existing_store(config), config, 1)
    assert (restored.folder / "saved_model.pb").read_text() == "r1"


def test_retention_removes_what_was_moved(first: Path) -> None:
    config = moved(first, "retention.keep_runs=2", "retention.keep_versions=1")
    apply_retention(existing_store(config), config)
    left = {path.name for path in (config.pipeline_root / "Examples").iterdir()}
    assert len(left) == 2


def test_a_copy_leaves_the_original_alone_and_does_without_it(first: Path) -> None:
    copy = first.with_name("copy")
    shutil.copytree(first, copy)
    before = (first / "metadata.sqlite").read_bytes()
    config = load_config(output=str(copy))
    assert follow_move(open_store(config), config) == first
    roll_back(existing_store(config), config, 1)
    assert all(path.startswith(f"{copy}/") for path in paths(existing_store(config)))
    assert (first / "metadata.sqlite").read_bytes() == before
    assert sorted(each.name for each in (first / "serving_model" / NAME).iterdir()) == list("123")


def test_a_symbolic_link_is_followed_there_and_back(first: Path) -> None:
    link = first.with_name("link")
    link.symlink_to(first)
    for output in (link, first):
        config = load_config(output=str(output))
        assert follow_move(open_store(config), config) is not None
        assert all(path.startswith(f"{output}/") for path in paths(open_store(config)))


def elsewhere(tmp_path: Path, output: Path) -> PipelineConfig:
    file = tmp_path / "store" / "metadata.sqlite"
    return load_config(output=str(output), overrides=[f"metadata.path='{file}'"])


@pytest.mark.parametrize(("is_moved", "expected"), [(True, ["second"]), (False, ["first"])])
def test_a_store_elsewhere_follows_what_has_gone_from_its_old_place(
    tmp_path: Path, is_moved: bool, expected: Sequence[str]
) -> None:
    config = elsewhere(tmp_path, tmp_path / "first")
    PushedVersions(open_store(config), config).pushed("r1", 1)
    if is_moved:
        (tmp_path / "first").rename(tmp_path / "second")
    config = elsewhere(tmp_path, tmp_path / "second")
    follow_move(open_store(config), config)
    parents = {Path(path).relative_to(tmp_path).parts[0] for path in paths(open_store(config))}
    assert sorted(parents) == expected


def test_the_history_of_a_moved_folder_as_it_is_typed(
    first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = moved(first)
    assert cli.main(["history", "--output", str(config.output)]) == 0
    assert capsys.readouterr().out.count("kept") == 2

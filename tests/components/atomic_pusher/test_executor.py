from pathlib import Path
from typing import Any

import pytest

from components.atomic_pusher.executor import BEFORE_PUSH, Executor
from components.atomic_pusher.leaky_mark import LeakyModelError, mark_leaky
from tests.support.pushing import bless, push_arguments


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model" / "Format-Serving"
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    return folder


@pytest.fixture
def node(model: Path, tmp_path: Path) -> dict[str, Any]:
    return push_arguments(model.parent, tmp_path / "pushed", tmp_path / "served")


def test_a_blessed_model_is_pushed_and_the_artifact_says_where(
    node: dict[str, Any], tmp_path: Path
) -> None:
    bless(node)
    Executor().Do(**node)
    (version,) = (tmp_path / "served").iterdir()
    assert (version / "saved_model.pb").read_bytes() == b"graph"
    (pushed,) = node["output_dict"]["pushed_model"]
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_version") == version.name
    assert pushed.get_string_custom_property("pushed_destination") == str(version)
    assert (Path(pushed.uri) / "saved_model.pb").read_bytes() == b"graph"


def test_names_that_no_server_serves_are_passed_over_and_told(
    node: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "served" / ("9" * 20)).mkdir(parents=True)
    (tmp_path / "served" / "8").touch()
    (tmp_path / "served" / "notes").mkdir()
    bless(node)
    Executor().Do(**node)
    (pushed,) = node["output_dict"]["pushed_model"]
    assert 8 < int(pushed.get_string_custom_property("pushed_version")) <= 2**63 - 1
    assert pushed.get_string_custom_property("ignored") == f"8, {'9' * 20}"


def test_a_model_that_is_not_blessed_is_not_pushed(node: dict[str, Any], tmp_path: Path) -> None:
    bless(node, blessed=False)
    Executor().Do(**node)
    (pushed,) = node["output_dict"]["pushed_model"]
    assert pushed.get_int_custom_property("pushed") == 0
    assert not (tmp_path / "served").exists()


def test_what_the_runner_wants_called_last_can_prevent_the_push(
    node: dict[str, Any], tmp_path: Path
) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    bless(node)
    before = BEFORE_PUSH.set(stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            Executor().Do(**node)
    finally:
        BEFORE_PUSH.reset(before)
    assert list((tmp_path / "served").iterdir()) == []


@pytest.mark.parametrize("blessed", [True, False])
def test_a_model_with_the_leaky_mark_is_refused_whatever_its_blessing(
    node: dict[str, Any], model: Path, tmp_path: Path, blessed: bool
) -> None:
    mark_leaky(model)
    bless(node, blessed=blessed)
    with pytest.raises(LeakyModelError, match=rf"{model} must not be pushed: .*assets.extra/LEAKY"):
        Executor().Do(**node)
    assert not (tmp_path / "served").exists()
    assert not (tmp_path / "pushed").exists()


def test_the_mark_leaves_what_is_beside_it(model: Path) -> None:
    (model / "assets.extra").mkdir()
    (model / "assets.extra" / "movies.csv").write_text("movieId")
    mark_leaky(model)
    assert (model / "assets.extra" / "movies.csv").read_text() == "movieId"
    assert "for the scoreboard only" in (model / "assets.extra" / "LEAKY").read_text()

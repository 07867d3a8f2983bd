from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.pushed_baseline.executor import Executor


@pytest.fixture
def served(tmp_path: Path) -> Path:
    for version in ("9", "10", "unfinished-11"):
        folder = tmp_path / "served" / version
        folder.mkdir(parents=True)
        (folder / "saved_model.pb").write_text(f"graph {version}")
    return tmp_path / "served"


def baseline(served: Path, uri: Path) -> standard_artifacts.Model:
    model = standard_artifacts.Model()
    model.uri = str(uri)
    Executor().Do({"candidate": []}, {"model": [model]}, {"base_directory": str(served)})
    return model


def test_the_highest_whole_version_is_the_baseline(served: Path, tmp_path: Path) -> None:
    model = baseline(served, tmp_path / "model")
    assert (tmp_path / "model/Format-Serving/saved_model.pb").read_text() == "graph 10"
    assert not model.has_custom_property("absent")


def test_what_no_server_could_serve_is_no_baseline(served: Path, tmp_path: Path) -> None:
    (served / "10").rename(served / "0010")
    (served / "11").mkdir()
    (served / "12").touch()
    (served / ("9" * 20)).mkdir()
    baseline(served, tmp_path / "model")
    assert (tmp_path / "model/Format-Serving/saved_model.pb").read_text() == "graph 10"


def test_a_version_whose_files_are_gone_is_left_out_and_named(served: Path, tmp_path: Path) -> None:
    (served / "10" / "saved_model.pb").unlink()
    model = baseline(served, tmp_path / "model")
    assert (tmp_path / "model/Format-Serving/saved_model.pb").read_text() == "graph 9"
    assert model.get_string_custom_property("left_out") == str(served / "10")


def test_before_the_first_push_the_baseline_is_marked_absent(tmp_path: Path) -> None:
    model = baseline(tmp_path / "nowhere", tmp_path / "model")
    assert model.get_int_custom_property("absent") == 1
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["ABSENT"]

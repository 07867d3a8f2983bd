import doctest
from pathlib import Path

import pytest

from report import runs
from report.runs import find_run, read_runs
from tests.report.conftest import MakeRun


@pytest.fixture
def output(make_run: MakeRun) -> Path:
    make_run("b", None, version=11, time="2026-11-28T03:00:00+00:00")
    make_run("c", None, version=11, time="2026-11-28T02:00:00+00:00")
    return make_run("a", None, time="2026-11-28T01:00:00+00:00")


def test_runs_come_in_the_order_of_their_ends(output: Path) -> None:
    assert [run.run_id for run in read_runs(output)] == ["a", "c", "b"]


def test_a_folder_without_runs_has_none(tmp_path: Path) -> None:
    assert read_runs(tmp_path) == []


@pytest.mark.parametrize(("name", "run_id"), [("a", "a"), ("11", "b")])
def test_a_run_is_found_by_its_id_or_as_the_last_of_its_version(
    output: Path, name: str, run_id: str
) -> None:
    assert find_run(read_runs(output), name).run_id == run_id


@pytest.mark.parametrize("name", ["12", "None", "", "d"])
def test_an_unknown_run_is_named_beside_the_known_ones(output: Path, name: str) -> None:
    with pytest.raises(LookupError, match=rf"'{name}'.*a, c, b.*movielens history"):
        find_run(read_runs(output), name)


def test_the_documented_examples_hold() -> None:
    assert doctest.testmod(runs).failed == 0

"""Commands whose standard streams are closed, full, or know few letters."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.canned_server import CannedService, served
from tests.support.pushed_versions import PushedVersions

ROOT = Path(__file__).parents[2]
FULL = "error: standard output cannot be written: No space left on device\n"
ANSWER = {
    "movie_ids": np.array([[260]]),
    "scores": np.array([[4.5]], np.float32),
    "titles": np.array([["기생충 (2019)"]]),
    "tier": np.array(["model"]),
}


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    with served(CannedService({"recommend": ANSWER})) as target:
        yield target


def movielens(
    redirections: str, *arguments: str, before: str = "", **environment: str | None
) -> subprocess.CompletedProcess[bytes]:
    """Runs `movielens` from a shell; a variable of the environment that is None is not set."""
    variables = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": None} | environment
    script = f'{before} exec "$@" {redirections}'
    return subprocess.run(
        ["/bin/sh", "-c", script, "sh", sys.executable, "-m", "pipeline.cli", *arguments],
        env={key: value for key, value in variables.items() if value is not None},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", "<&- >&- 2>&-", "2> /dev/full"])
def test_streams_that_are_closed_or_full_beside_the_results_disturb_nobody(
    target: str, closed: str
) -> None:
    done = movielens(closed, "recommend", "--like", "1", "--server", target)
    assert (done.returncode, done.stderr) == (0, b"")
    assert ("기생충".encode() in done.stdout) == (">&-" not in closed.replace("2>&-", ""))


def test_a_failure_is_one_where_nobody_can_be_told() -> None:
    assert movielens("2>&-", "recommend", "--like", "").returncode == 2
    assert movielens("2> /dev/full", "recommend", "--like", "").returncode == 2


@pytest.mark.parametrize("arguments", [["recommend"], ["recommend", "--json"], ["--help"]])
def test_results_that_cannot_be_written_are_a_failure_that_names_standard_output(
    target: str, arguments: list[str]
) -> None:
    server = [] if "--help" in arguments else ["--server", target]
    done = movielens("> /dev/full", *arguments, *server)
    assert (done.returncode, done.stderr.decode()) == (1, FULL)


def test_letters_that_the_terminal_lacks_are_replaced_and_json_loses_none(target: str) -> None:
    table, document = [
        movielens("", "recommend", "--server", target, *more, PYTHONIOENCODING="latin-1")
        for more in ([], ["--json"])
    ]
    assert (table.returncode, document.returncode) == (0, 0)
    assert b"??? (2019)" in table.stdout
    assert json.loads(document.stdout)["movies"][0]["title"] == "기생충 (2019)"


def test_the_plainest_environment_will_do(target: str, versions: PushedVersions) -> None:
    plain = {"LC_ALL": "C", "LANG": None, "HOME": None}
    versions.pushed("r1", 1)
    asked = movielens("", "recommend", "--server", target, before="umask 077;", **plain)
    assert "기생충 (2019)" in asked.stdout.decode()
    output = ("--output", str(versions.config.output))
    listed = movielens("", "history", *output, before="umask 077;", **plain)
    assert (listed.returncode, listed.stderr) == (0, b"")
    assert b"served" in listed.stdout

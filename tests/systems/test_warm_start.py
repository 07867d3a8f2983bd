"""Nights of a growing data set whose trainings may start from the model of the night before."""

import csv
import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.forked_runs import KILLED, ForkedRuns
from tests.systems.conftest import small_run

pytestmark = [pytest.mark.systems, pytest.mark.e2e]

SETTINGS = (
    "trainer.model=mf_history",
    "trainer.epochs=1",
    "trainer.warm_start=true",
    "ingest.split=global_time",
    "evaluator.bounds={rmse = 3.0}",
    "evaluator.max_regression={}",
    "canary.enabled=false",
)
RESOLVERS = {"BaselineResolver", "BaseModelResolver"}


@pytest.fixture
def spans(ratings_folder: Path, tmp_path: Path) -> str:
    """All ratings as the second span, and as the first those before the eval ratings of it."""
    rows = list(csv.DictReader((ratings_folder / "ratings.csv").read_text().splitlines()))
    first_eval = sorted(int(row["timestamp"]) for row in rows)[int(0.8 * len(rows))]
    earlier = [row for row in rows if int(row["timestamp"]) < first_eval]
    for number, ratings in enumerate((earlier, rows), start=1):
        folder = tmp_path / "in" / f"span-{number}"
        folder.mkdir(parents=True)
        (folder / "movies.csv").write_bytes((ratings_folder / "movies.csv").read_bytes())
        with (folder / "ratings.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(ratings)
    return str(tmp_path / "in" / "span-{SPAN}")


@pytest.mark.timeout(1800)
def test_a_later_span_starts_warm_and_the_same_data_never_do(
    spans: str, forked: ForkedRuns, tmp_path: Path
) -> None:
    def run(name: str, span: int, die_in: str | None = None) -> int:
        one = small_run(
            *(tmp_path / "output", Path(spans), tmp_path / f"{name}.log"),
            *SETTINGS,
            die_in=die_in,
        )
        return forked.run(dataclasses.replace(one, arguments=[*one.arguments, "--span", str(span)]))

    codes = {
        "first": run("first", 1),
        "same": run("same", 1),
        "killed": run("killed", 2, die_in="Trainer"),
        "later": run("later", 2),
        "again": run("again", 2),
    }
    told = {name: (tmp_path / f"{name}.log").read_text() for name in codes}
    assert list(codes.values()) == [0, 0, KILLED, 0, 0], "\n".join(told.values())
    lines = {name: node_lines(text) for name, text in told.items()}

    assert "no earlier blessed model" in lines["first"]["BaseModelResolver"]
    assert "started cold: there is no model to start from" in lines["first"]["Trainer"]
    refused = "the last blessed model is not to be started from: it has learned until "
    assert refused in lines["same"]["BaseModelResolver"]
    assert "the first rating that this run judges by is of " in lines["same"]["BaseModelResolver"]
    assert executed(lines["same"]) == RESOLVERS

    assert "an earlier blessed model to start from" in lines["later"]["BaseModelResolver"]
    assert "executed" in lines["later"]["Trainer"]
    assert "started warm: 4 weights of a model that has learned until" in lines["later"]["Trainer"]
    # The last blessed model is by now the one of this span: what it started from is found again.
    assert "an earlier blessed model to start from; " in lines["again"]["BaseModelResolver"]
    assert executed(lines["again"]) == RESOLVERS


def node_lines(log: str) -> Mapping[str, str]:
    """What was told of each node when it had finished."""
    words = ((line, line.split()) for line in log.splitlines())
    return {
        word[0]: line for line, word in words if len(word) > 3 and word[1] in ("executed", "cached")
    }


def executed(lines: Mapping[str, str]) -> set[str]:
    return {node for node, line in lines.items() if line.split()[1] == "executed"}

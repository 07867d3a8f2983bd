"""The benchmark of the whole pipeline, on summaries of runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.scale import Cost, costs, main, table


def summary(**cpu_seconds: float) -> dict[str, Any]:
    nodes = [
        {
            "id": name,
            "state": "executed" if cost else "cached",
            "seconds": cost / 2,
            "cpu_seconds": cost,
            "peak_rss_mb": 1500,
        }
        for name, cost in cpu_seconds.items()
    ]
    return {"status": "succeeded", "nodes": nodes}


def test_a_node_that_costs_ten_times_as_much_for_ten_times_the_ratings_grows_by_1() -> None:
    large, small = summary(Trainer=2.0, Pusher=1.0), summary(Trainer=0.2, Pusher=1.0)
    found = list(costs({"bias": {1_000: large, 100: small}}))
    assert [(row.node, row.ratings) for row in found] == [
        ("Trainer", 100),
        ("Trainer", 1_000),
        ("Pusher", 100),
        ("Pusher", 1_000),
    ]
    assert [row.exponent for row in found] == [None, pytest.approx(1.0), None, pytest.approx(0.0)]
    assert found[1].cpu_seconds_per_million == pytest.approx(2_000.0)
    assert found[1].rows_per_cpu_second == pytest.approx(500.0)


def test_a_cached_node_costs_nothing_and_is_left_out() -> None:
    found = list(costs({"mf": {100: summary(Transform=0.0, Trainer=3.0)}}))
    assert [row.node for row in found] == ["Trainer"]


def test_table_is_markdown() -> None:
    lines = table([Cost("bias", "Trainer", 1_000_000, 60.0, 90.0, 2_500, 1.0)]).split("\n")
    assert len({line.count("|") for line in lines}) == 1
    assert lines[2] == "| bias | Trainer | 1,000,000 | 60.0 | 90.0 | 90.0 | 2,500 | 11,111 | 1.00 |"


def test_finished_runs_are_not_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "100" / "data").mkdir(parents=True)
    kept = json.dumps(summary(Trainer=2.0))
    (tmp_path / "100" / "bias.json").write_text(kept, encoding="utf-8")
    figures = tmp_path / "figures.json"
    options = ["--folder", str(tmp_path), "--json", str(figures), "--models", "bias"]
    main(["--ratings", "100", *options])
    assert "| bias | Trainer | 100 |" in capsys.readouterr().out
    assert json.loads(figures.read_text("utf-8"))[0]["cpu_seconds"] == 2.0


def test_a_run_that_fails_is_named_with_its_logs(tmp_path: Path) -> None:
    options = ["--folder", str(tmp_path), "--models", "bias", "--set", "a.b=1"]
    with pytest.raises(RuntimeError, match=r"bias on 2,000 ratings ended with exit code 2.*logs"):
        main(["--ratings", "2_000", *options])
    assert (tmp_path / "2000" / "data" / "ratings.csv").exists()

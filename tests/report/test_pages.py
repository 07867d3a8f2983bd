"""The pages of made-up runs, as text. `tests/systems/report` opens them in a browser."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from markupsafe import Markup

from report import pages
from report.charts import Chart
from report.pages import write_run_pages
from tests.report.conftest import MakeRun, node, predictions

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spares each test the second that drawing takes; `test_charts` draws."""

    def draw(charts: Sequence[Chart]) -> dict[Chart, Markup]:
        return {chart: Markup("<svg></svg>") for chart in charts}

    monkeypatch.setattr(pages, "draw", draw)


def test_a_run_has_a_page_a_card_and_its_line_in_the_list_of_runs(make_run: MakeRun) -> None:
    options = {"evaluator": {"bounds": {"rmse": 1.0}}}
    metrics = {"rmse": 0.8765, "auc": 0.7}
    table = predictions(np.linspace(-1, 1, 400))
    output = make_run("r1", table, version=3, options=options, metrics=metrics, served_version=3)
    page = write_run_pages(output, "r1")
    assert page == output / "report" / "r1" / "index.html"
    text = page.read_text()
    assert "This run pushed version 3." in text
    assert '<td class="kept">kept</td><td>ceiling</td>' in text
    assert '<td class="interval">-</td><td class="number">0.1235</td></tr>' in text  # the margin
    assert text.count("<svg") == 3
    assert "Version 3" not in (card := (page.parent / "model_card.html").read_text())
    assert "It is version 3." in card
    assert '<a href="r1/index.html">r1</a>' in (output / "report" / "index.html").read_text()


def test_a_page_needs_no_other_file_and_no_script(make_run: MakeRun) -> None:
    text = write_run_pages(make_run("r1", predictions(np.zeros(400))), "r1").read_text()
    assert not re.findall(r"<(?:script|img|iframe|object)\b", text)
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", text)
    assert "url(" not in text


def test_hostile_titles_are_text(make_run: MakeRun) -> None:
    table = predictions(np.ones(400))
    titles = table.schema.get_field_index("title")
    table = table.set_column(titles, "title", pa.array([HOSTILE] * 400))
    page = write_run_pages(make_run("r1", table), "r1")
    for file in page.parent.glob("*.html"):
        assert "<script" not in file.read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.read_text()


def test_a_failed_run_has_a_page_that_says_why(make_run: MakeRun) -> None:
    failed = node("Trainer", state="failed", why="no memory")
    output = make_run("r1", None, status="failed", failures=["Trainer: no memory"], nodes=[failed])
    text = write_run_pages(output, "r1").read_text()
    assert "<strong>Failed</strong>" in text
    assert "<li>Trainer: no memory</li>" in text
    assert "The run did not measure its model." in text


def test_a_run_is_compared_with_the_last_one_that_measured_a_model(make_run: MakeRun) -> None:
    metrics = {"rmse": 0.9}
    for hour, table in enumerate((predictions(np.zeros(400)), None, predictions(np.ones(400)))):
        output = make_run(
            f"r{hour}",
            table,
            time=f"2026-11-28T0{hour}:00:00+00:00",
            metrics=metrics if table else {},
            options={"trainer": {"epochs": hour}},
        )
    text = write_run_pages(output, "r2").read_text()
    assert "Compared with run r0 (mf_dnn, mse, nothing pushed)." in text
    assert "trainer.epochs" in text
    runs = (output / "report" / "index.html").read_text()
    assert "RMSE of the runs" in runs  # the trend


def leave(output: Path, node_id: str, key: str, name: str, content: Any) -> None:
    """Adds an artifact with one file of JSON to run r1."""
    folder = output / "artifacts" / node_id
    folder.mkdir(parents=True)
    (folder / (name or "value")).write_text(json.dumps(content))
    uri = folder if name else folder / "value"
    file = output / "report" / "r1" / "run.json"
    record = json.loads(file.read_text())
    record["artifacts"][node_id] = {key: [{"uri": str(uri), "id": 9, "fingerprint": "f00"}]}
    file.write_text(json.dumps(record))


def test_all_that_the_artifacts_tell_is_shown(make_run: MakeRun) -> None:
    distance = {"feature": "genres", "measure": "L-infinity", "value": 0.2, "threshold": 0.1}
    output = make_run("r1", predictions(np.zeros(400)), drift=[distance], skew=[distance])
    bad = {"ratings.csv": {"no stars": {"rows": 3, "line": 17, "text": HOSTILE}}}
    ingest = {"layout": "ratings.csv", "ratings": 5, "users": 2, "movies": 3, "bad_rows": 3}
    ingest |= {"superseded_ratings": 0, "splits": {"train": 4}, "bad_rows_by_file": bad}
    leave(output, "MovieLensExampleGen", "ingest_report", "report.json", ingest)
    finding = {"subject": "rate", "expected": "4.0", "received": "5.0"}
    canary = {"requests": 7, "p99_ms": 1.5, "memory_mb": 99, "findings": [finding]}
    leave(output, "ServingValidator", "blessing", "canary.json", canary)
    curve = [{"epoch": 1, "train": 0.9, "eval": 0.95}]
    training = {"epochs": 1, "best_epoch": 1, "eval_rmse": 0.95, "train_rmse": 0.9, "curve": curve}
    leave(output, "Trainer", "model_run", "training.json", training)
    movie = {"movie_id": 1, "title": HOSTILE}
    user = {"user_id": 4, "ratings": 1, "liked": [movie | {"rating": 5.0}], "recommended": [movie]}
    shown = {"users": 1, "coverage": 0.5, "long_tail_share": 0.25, "novelty": 2.0}
    popularity = shown | {"lorenz": [[0.0, 0.0], [1.0, 1.0]]}
    leave(output, "RunReport", "recommended", "", {"popularity": popularity, "users": [user]})
    text = write_run_pages(output, "r1").read_text()
    for told in (
        '<td class="number">0.2000</td><td class="number">0.1000</td><td>no</td>',
        "<td>no stars</td>",
        "rate: expected 4.0. Received: 5.0",
        "The weights are those of epoch 1 of 1",
        "Learning curves: the error after each epoch",
        "Lorenz curve",
        "User 4, 1 ratings",
        "&lt;script&gt;alert(1)&lt;/script&gt; (5.0)",
        "No list.",
    ):
        assert told in text


def test_a_page_of_many_ratings_says_that_it_is_of_a_sample(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_MOST_ROWS", 200)
    output = make_run("r1", predictions(np.zeros(400)), metrics={"example_count": 400.0})
    text = write_run_pages(output, "r1").read_text()
    found = re.search(r"of a sample of users, with (\d+) of 400 test ratings", text)
    assert found is not None
    assert 100 < int(found[1]) < 300


def test_lists_that_could_not_be_made_are_a_problem(make_run: MakeRun) -> None:
    output = make_run("r1", None)
    leave(output, "RunReport", "recommended", "", {"problem": "ValueError: no"})
    text = write_run_pages(output, "r1").read_text()
    assert "The lists could not be made: ValueError: no" in text


def test_artifacts_are_linked_if_they_are_there(make_run: MakeRun) -> None:
    nodes = [node("Evaluator")]
    output = make_run("r1", predictions(np.zeros(400)), nodes=nodes)
    page = write_run_pages(output, "r1")
    (link,) = re.findall(r'href="([^"]+)">7<', page.read_text())
    assert link == "../../pipeline_root/r1/"
    assert (page.parent / link).is_dir()


def test_an_unknown_run_is_named(make_run: MakeRun, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="No run or pushed version 'r9'"):
        write_run_pages(make_run("r1", None), "r9")

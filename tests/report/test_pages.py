"""The pages of made-up runs, as text. `tests/systems/report` opens them in a browser."""

import re
from collections.abc import Sequence
from pathlib import Path

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

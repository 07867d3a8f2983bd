"""The pages of made-up runs in Chromium, as a person opens them: from a disk, without a network."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import Page, expect
from tensorflow_metadata.proto.v0 import statistics_pb2

from report.comparison import compare
from report.pages import write_comparison, write_run_pages
from report.runs import read_runs
from tests.report.conftest import leave_run, node, predictions
from tests.support.browser import Visit, browser, visit

__all__ = ["browser", "visit"]  # fixtures

pytestmark = pytest.mark.systems

HOSTILE = (
    "<script>alert(1)</script>",
    "\"' onfocus='alert(1)' x='",
    "x" * 3_000,
    "\u202eשם",
    "a\0b",
)
PAGES = ("report/r2/index.html", "report/r2/model_card.html", "report/index.html", "two.html")
PHONE = {"width": 360, "height": 700}
METRICS: dict[str, Any] = {
    "metrics": {"rmse": 0.9, "auc": 0.75, "ndcg_normal": 0.8},
    "errors": {"rmse": 0.01},
    "slices": [
        {"name": f"genres={HOSTILE[0]}", "rows": 7, "metrics": {"rmse": 1.0}, "errors": {}},
    ],
}


def leave_statistics(output: Path, run_id: str) -> None:
    """Leaves what StatisticsGen writes of a text feature with hostile values, as of a run."""
    found = statistics_pb2.DatasetFeatureStatisticsList()
    feature = found.datasets.add().features.add(name="title")
    feature.string_stats.common_stats.num_non_missing = 5
    for text in HOSTILE:
        feature.string_stats.rank_histogram.buckets.add(label=text, sample_count=3)
    split = output / "statistics" / "Split-train"
    split.mkdir(parents=True)
    (split / "FeatureStats.pb").write_bytes(found.SerializeToString())
    file = output / "report" / run_id / "run.json"
    record = json.loads(file.read_text())
    artifact = {"uri": str(split.parent), "id": 3, "fingerprint": None}
    record["artifacts"]["StatisticsGen"] = {"statistics": [artifact]}
    file.write_text(json.dumps(record))


def hostile_predictions(change: float) -> pa.Table:
    table = predictions(np.full(400, change))
    titles = [HOSTILE[movie % len(HOSTILE)] for movie in table.column("movie_id").to_pylist()]
    return table.set_column(table.schema.get_field_index("title"), "title", pa.array(titles))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with the pages of two runs, and a comparison of them beside."""
    output = tmp_path_factory.mktemp("runs") / "output"
    nodes = [node("StatisticsGen"), node("Evaluator", found=HOSTILE[0])]
    for number in (1, 2):
        leave_run(
            output,
            f"r{number}",
            hostile_predictions(number / 4),
            time=f"2026-11-28T0{number}:00:00+00:00",
            options={"evaluator": {"bounds": {"rmse": 1.0}}},
            nodes=nodes,
            graph={"StatisticsGen": [], "Evaluator": ["StatisticsGen"]},
            **METRICS,
        )
    leave_statistics(output, "r2")
    for run in read_runs(output):
        write_run_pages(output, run.run_id)
    write_comparison(compare(*read_runs(output)), output / "two.html")
    return output


def opened(visit: Visit, folder: Path, page: str, **options: Any) -> Page:
    return visit(folder.as_uri(), f"/{page}", offline=True, **options)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("colors", ["light", "dark"])
def test_a_page_fits_a_phone_and_a_desk_without_a_network_and_a_script(
    folder: Path, visit: Visit, page: str, colors: str
) -> None:
    for width in (PHONE["width"], 900, 1400):
        shown = opened(
            visit,
            folder,
            page,
            viewport={"width": width, "height": 700},
            color_scheme=colors,
        )
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
    without = opened(visit, folder, page, java_script_enabled=False)
    expect(without.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("page", PAGES)
def test_all_links_lead_somewhere(folder: Path, visit: Visit, page: str) -> None:
    shown = opened(visit, folder, page)
    targets = shown.evaluate(
        "[...document.querySelectorAll('a')].map(a => a.href.baseVal ?? a.getAttribute('href'))"
    )
    assert targets or page == "two.html"
    for target in targets:
        parts = urlsplit(target)
        assert not parts.scheme
        if parts.path:
            assert ((folder / page).parent / unquote(parts.path)).exists()
        else:
            assert shown.locator(f"[id='{parts.fragment}']").count() == 1


def test_every_picture_has_marks_and_a_table_of_its_numbers(folder: Path, visit: Visit) -> None:
    shown = opened(visit, folder, PAGES[0])
    figures = shown.locator("figure")
    assert figures.count() == 5  # two calibrations, stars against stars, a feature, the graph
    for figure in figures.all():
        marks = figure.locator("svg .role-mark").locator("path, line, text")
        assert marks.count() > 1
        assert figure.locator("tbody tr").count() > 1
        picture = figure.locator("[role=img], [role=group]")
        assert picture.get_attribute("aria-label") == (
            f"{figure.locator('figcaption').inner_text()}. The table below has its numbers."
        )
    figures.first.get_by_text("Numbers of this picture").click()
    expect(figures.first.get_by_role("table")).to_be_visible()


def test_the_graph_leads_to_a_node(folder: Path, visit: Visit) -> None:
    shown = opened(visit, folder, PAGES[0])
    shown.locator("svg a").filter(has_text="Evaluator").click()
    assert shown.url.endswith("#node-Evaluator")


def test_texts_are_legible_in_the_dark(folder: Path, visit: Visit) -> None:
    """The colours of pictures follow the page's, so no text is dark on dark."""
    for colors, expected in (("light", "rgb(29, 29, 27)"), ("dark", "rgb(236, 236, 234)")):
        shown = opened(visit, folder, PAGES[0], color_scheme=colors)
        label = shown.locator("svg .role-axis-label text").first
        assert label.evaluate("element => getComputedStyle(element).fill") == expected
        assert shown.evaluate("getComputedStyle(document.body).color") == expected


def test_hostile_titles_are_text(folder: Path, visit: Visit) -> None:
    shown = opened(visit, folder, PAGES[0], viewport=PHONE)
    expect(shown.get_by_role("rowheader", name=HOSTILE[0]).first).to_be_visible()
    assert shown.locator("script, [onfocus]").count() == 0

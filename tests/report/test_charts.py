import re

import pytest

from report.charts import Chart, DrawingError, bars, draw, lines


def test_a_chart_has_a_mark_for_each_row_and_the_names_of_its_axes() -> None:
    chart = bars(
        "Ratings",
        [{"stars [1]": "low", "count": 2}, {"stars [1]": "high", "count": 3}],
        "stars [1]",
        "count",
    )
    assert chart.columns == ("stars [1]", "count")
    svg = draw([chart])[chart]
    assert svg.count("<path d=") == 2
    assert {"stars [1]", "count", "low", "high"} <= set(re.findall(r">([^<]+)</text>", svg))


def test_a_line_is_drawn_for_each_kind() -> None:
    rows = [{"epoch": n, "error": n, "of": of} for n in (1, 2) for of in ("train", "eval")]
    chart = lines("Errors", rows, "epoch", "error", by="of")
    svg = draw([chart])[chart]
    assert {"var(--accent)", "var(--second)"} <= set(re.findall(r'stroke="([^"]+)"', svg))


def test_any_text_can_be_drawn_and_markup_is_text() -> None:
    texts = ("a\0b", "\x1b[0m", "\ud800", "\ufffe", "\u202eשם", "x" * 5_000, "", "<script>")
    chart = bars("Texts", [{"text": text, "count": 1} for text in texts], "text", "count")
    svg = draw([chart])[chart]
    assert len(svg) < 20_000
    assert "&lt;script&gt;" in svg
    assert "a\N{REPLACEMENT CHARACTER}b" in svg


def test_without_charts_nothing_is_drawn() -> None:
    assert draw([]) == {}


def test_a_library_that_ends_its_process_does_not_end_ours() -> None:
    spec = bars("Texts", [{"text": "", "count": 1}], "text", "count").spec
    spec["data"] = {"values": [{"c0": "a\0b", "c1": 1}]}
    with pytest.raises(DrawingError, match=r"could not draw the charts \['Texts'\]"):
        draw([Chart(title="Texts", spec=spec, rows=[])])

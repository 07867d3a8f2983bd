"""Charts, which Vega-Lite draws as SVG without a browser. Each keeps the rows that it shows.

The page shows the rows as a table, so that nothing is told by a picture alone. Colours are
variables of the page's style sheet, which follow the reader's light or dark theme.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from markupsafe import Markup

Row: TypeAlias = Mapping[str, Any]  # by the column's name for people
Spec: TypeAlias = dict[str, Any]  # of Vega-Lite

_THIS_PAGE: Final = "https://this-page.invalid/"  # Vega puts an address of its own before others
_PROGRAM: Final = Path(__file__).with_name("vega.py")
_PATIENCE: Final = 300.0  # seconds; drawing takes two
_LONGEST_TEXT: Final = 200  # characters of a text in a picture
_WIDTH: Final = 250  # pixels of the plot; with its axis it fits a phone
_HEIGHT: Final = 170
_LABELS: Final = {"labelColor": "var(--text)", "titleColor": "var(--text)", "titleFontWeight": 400}
_CONFIG: Final = {
    "aria": False,  # the page names the picture and has its table
    "font": "system-ui, sans-serif",
    "background": None,
    "view": {"stroke": None},
    "axis": {
        **_LABELS,
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelOverlap": True,
    },
    "axisY": {"titlePadding": 14},  # the reader's font may be wider than the one measured with
    "legend": {**_LABELS, "orient": "top"},
    "mark": {"color": "var(--accent)"},
    "text": {"color": "var(--text)"},
    "rule": {"color": "var(--faint)"},
    "range": {"category": ["var(--accent)", "var(--second)", "var(--faint)"]},
}
_NUMBER: Final = {"type": "quantitative"}


class DrawingError(RuntimeError):
    """The pictures of a page could not be drawn."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Chart:
    """A picture and what it shows."""

    title: str
    spec: Spec
    rows: Sequence[Row]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the table's columns."""
        return tuple(self.rows[0]) if self.rows else ()


def bars(title: str, rows: Sequence[Row], x: str, y: str) -> Chart:
    """A bar for each row, in the rows' order."""
    axis = {"labelAngle": -40, "labelLimit": 90, "labelOverlap": True}
    encoding = {
        "x": {"field": x, "type": "ordinal", "sort": None, "axis": axis},
        "y": {"field": y, **_NUMBER},
    }
    return _chart(title, rows, {"mark": "bar", "encoding": encoding})


def lines(title: str, rows: Sequence[Row], x: str, y: str, *, by: str | None = None) -> Chart:
    """A line through the rows, or one for each value of `by`; `x` holds whole numbers."""
    steps = sorted({row[x] for row in rows})
    encoding: Spec = {
        "x": {"field": x, **_NUMBER, "axis": {"values": steps, "format": "d"}},
        "y": {"field": y, **_NUMBER, "scale": {"zero": False}},
    }
    if by:
        encoding["color"] = {"field": by, "type": "nominal", "sort": None, "title": None}
    return _chart(title, rows, {"mark": {"type": "line", "point": True}, "encoding": encoding})


def against_diagonal(
    title: str, rows: Sequence[Row], x: str, y: str, ends: tuple[float, float]
) -> Chart:
    """A line through the rows, and the line on which both values are equal."""
    scale = {"domain": list(ends)}
    encoding = {
        "x": {"field": x, **_NUMBER, "scale": scale},
        "y": {"field": y, **_NUMBER, "scale": scale},
    }
    diagonal = {
        "data": {"values": [{x: end, y: end} for end in ends]},
        "mark": {"type": "line", "strokeDash": [4, 4], "color": "var(--faint)"},
        "encoding": encoding,
    }
    line = {"mark": {"type": "line", "point": True}, "encoding": encoding}
    return _chart(title, rows, {"layer": [diagonal, line]})


def heat_map(title: str, rows: Sequence[Row], x: str, y: str, share: str) -> Chart:
    """A cell for each row, the darker the greater its share."""
    encoding = {
        "x": {"field": x, "type": "ordinal", "axis": {"labelAngle": 0}},
        "y": {"field": y, "type": "ordinal", "sort": "descending"},
        "opacity": {"field": share, **_NUMBER, "legend": None, "scale": {"range": [0, 1]}},
    }
    return _chart(title, rows, {"mark": "rect", "encoding": encoding})


def boxes(
    title: str,
    rows: Sequence[Row],
    places: Mapping[str, tuple[int, int]],
    edges: Sequence[tuple[str, str]],
    texts: Mapping[str, tuple[str, str]],
) -> Chart:
    """Boxes joined by lines; the first text of each is a link to `#node-<its name>`.

    Args:
        title: What the picture shows.
        rows: The table.
        places: Row and column of each box, from 0.
        edges: Pairs of boxes, from above to below.
        texts: Two lines for each box.
    """
    width, height, gap = 158, 46, 26
    right = max(column for _, column in places.values()) + 1

    def middle(name: str) -> tuple[float, float]:
        row, column = places[name]
        beside = sum(other[0] == row for other in places.values())
        x = (column + (right - beside) / 2) * (width + 12) + width / 2
        return x, row * (height + gap) + height / 2

    joined = [
        {"x": middle(a)[0], "y": middle(a)[1] + height / 2}
        | {"x2": middle(b)[0], "y2": middle(b)[1] - height / 2}
        for a, b in edges
    ]
    drawn = [
        {
            "x": middle(name)[0],
            "y": middle(name)[1],
            "a": a,
            "b": b,
            "link": f"{_THIS_PAGE}#node-{name}",
        }
        for name, (a, b) in texts.items()
    ]
    size = right * (width + 12), (max(row for row, _ in places.values()) + 1) * (height + gap)
    x, y = (
        {"field": name, **_NUMBER, "axis": None, "scale": {"domain": domain}}
        for name, domain in (("x", [0, size[0]]), ("y", [size[1], 0]))
    )
    place = {"x": x, "y": y}
    box = {"type": "rect", "width": width, "height": height, "cornerRadius": 6}
    box |= {"fill": "var(--raised)", "stroke": "var(--accent)"}

    def words(field: str, dy: int, *, link: Spec | None = None, **style: Any) -> Spec:
        mark = {"type": "text", "dy": dy, "limit": width - 8, **style}
        return {"mark": mark, "encoding": {**place, **(link or {}), "text": {"field": field}}}

    layers = [
        {
            "data": {"values": joined},
            "mark": "rule",
            "encoding": {"x": x, "y": y, "x2": {"field": "x2"}, "y2": {"field": "y2"}},
        },
        {"mark": box, "encoding": place},
        words("a", -9, link={"href": {"field": "link"}}, fontSize=12, color="var(--accent)"),
        words("b", 9, fontSize=10),
    ]
    spec = {"data": {"values": drawn}, "width": size[0], "height": size[1], "layer": layers}
    return Chart(title=title, spec=spec, rows=rows)


def _chart(title: str, rows: Sequence[Row], spec: Spec) -> Chart:
    # Vega-Lite takes dots and brackets in the name of a field for a path.
    names = {name: f"c{number}" for number, name in enumerate(rows[0])} if rows else {}
    values = [{names[name]: _drawable(value) for name, value in row.items()} for row in rows]
    whole = {"width": _WIDTH, "height": _HEIGHT, **_renamed(spec, names)}
    return Chart(title=title, spec={**whole, "data": {"values": values}}, rows=rows)


def _renamed(spec: Any, names: Mapping[str, str]) -> Any:
    """The spec with other names of its fields; the old ones become titles."""
    if isinstance(spec, list):
        return [_renamed(each, names) for each in spec]
    if not isinstance(spec, dict):
        return spec
    renamed = {names.get(key, key): _renamed(value, names) for key, value in spec.items()}
    if "field" in spec:
        renamed = {"title": spec["field"], **renamed, "field": names[spec["field"]]}
    return renamed


def _drawable(value: Any) -> Any:
    """A value without the characters that no XML may hold, on which the library gives up."""
    if not isinstance(value, str):
        return value
    shown = value[:_LONGEST_TEXT]
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in shown)


def draw(charts: Sequence[Chart]) -> dict[Chart, Markup]:
    """Draws charts as SVG.

    Raises:
        DrawingError: Vega-Lite could not draw one of them.
    """
    if not charts:
        return {}
    specs = [{**chart.spec, "config": _CONFIG} for chart in charts]
    done = subprocess.run(
        [sys.executable, "-P", str(_PROGRAM)],
        input=json.dumps(specs),
        text=True,
        check=False,
        capture_output=True,
        timeout=_PATIENCE,
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.split())[-_LONGEST_TEXT:]
        raise DrawingError(
            f"Vega-Lite could not draw the charts {[chart.title for chart in charts]}: it ended "
            f"with {done.returncode}, saying {said!r}"
        )
    return {
        # Vega escapes the texts.
        chart: Markup(svg.replace(f'"{_THIS_PAGE}', '"'))  # noqa: S704
        for chart, svg in zip(charts, json.loads(done.stdout), strict=True)
    }

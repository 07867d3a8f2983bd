"""The comparison as a picture: a dot for each model, drawn by Vega-Lite without a browser."""

import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from components.evaluator.metrics import INTERVAL_ERRORS, Direction, Metric, Table, shown_in
from scoreboard.protocols import PROTOCOLS
from scoreboard.summaries import Summary, default_label

Spec = dict[str, Any]  # of Vega-Lite

_SHOWN: Final = shown_in(Table.CHART)
_VEGA_LITE: Final = "5.20"
_KINDS: Final = {"this project": "#2f6f9f", "peer": "#8a8a8a", "leaky": "#c0392b"}
_WIDTH, _ROW_HEIGHT = 190, 18  # pixels: of a panel, and of a model in it
# Values more than this many interquartile ranges beyond the quartiles are far out: Tukey (1977),
# Exploratory Data Analysis, section 2D.
_FAR_OUT: Final = 3.0
_COLOUR: Final[Spec] = {
    "field": "kind",
    "scale": {"domain": list(_KINDS), "range": list(_KINDS.values())},
    "legend": {"title": None, "orient": "top"},
}


def draw_chart(summaries: Sequence[Summary], path: Path) -> None:
    """Draws a row for each protocol and a panel for each metric, as SVG.

    A bar is the 95 % interval of the difference from the default model, paired by users, around the
    model's own value. The dashed line is the default model. Models without figures of test ratings
    are left out.
    """
    import vl_convert

    spec = chart_spec(summaries)
    if spec["concat"]:
        path.write_text(vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE), encoding="utf-8")


def chart_spec(summaries: Sequence[Summary]) -> Spec:
    """Returns the picture in the language of Vega-Lite."""
    rated = [each for each in summaries if any(shown.name in each.metrics for shown in _SHOWN)]
    by_protocol = [
        [each for each in rated if each.protocol == name]
        for name in dict.fromkeys(each.protocol for each in rated)
    ]
    return {
        "concat": [_panel(metric, members) for members in by_protocol for metric in _SHOWN],
        "columns": len(_SHOWN),
        "align": "all",
        "spacing": {"row": 30, "column": 50},
        "background": "white",
        "config": {"view": {"stroke": "#dddddd"}, "axis": {"labelLimit": 200}},
    }


def near_values(values: Sequence[float], direction: Direction) -> list[float]:
    """Returns the values without those that are far out to the worse side.

    Without them, a guess does not press the dots of all other models into a corner.

    >>> near_values([0.8, 0.9, 0.9, 1.0, 1.0, 9.0], Direction.LOWER)
    [0.8, 0.9, 0.9, 1.0, 1.0]
    """
    if len(values) < 2:
        return list(values)
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    reach = _FAR_OUT * (high - low)
    if direction is Direction.LOWER:
        return [value for value in values if value <= high + reach]
    return [value for value in values if value >= low - reach]


def _panel(metric: Metric, members: Sequence[Summary]) -> Spec:
    """A dot for each model that has the metric; a triangle at the edge if it is far out."""
    shown = [each for each in members if metric.name in each.metrics]
    near = near_values([each.metrics[metric.name].mean for each in shown], metric.direction)
    rows = [_row(each, metric, near) for each in shown]
    ends = [row[end] for row in rows for end in ("low", "high") if end in row] + near or [0.0, 1.0]
    room = 0.04 * (max(ends) - min(ends)) or 0.01
    domain = [min(ends) - room, max(ends) + room]
    is_first = metric is _SHOWN[0]
    across = {
        "type": "quantitative",
        "scale": {"domain": domain, "nice": False, "zero": False, "clamp": True},
        "axis": {"title": f"{metric.label}, {metric.direction}", "tickCount": 4},
    }
    return {
        "title": {
            "text": PROTOCOLS[members[0].protocol].title if is_first else "",
            "anchor": "start",
            "frame": "group",
        },
        "width": _WIDTH,
        "height": _ROW_HEIGHT * len(members),
        "data": {"values": rows},
        "encoding": {
            "y": {
                "field": "model",
                "type": "nominal",
                "scale": {"domain": [each.label for each in members]},
                "axis": {"title": None, "labels": is_first, "ticks": False, "domain": False},
            }
        },
        "layer": _layers(across),
    }


def _layers(across: Spec) -> list[Spec]:
    return [
        {
            "transform": [{"filter": {"field": "model", "equal": default_label()}}],
            "mark": {"type": "rule", "color": "#999999", "strokeDash": [3, 3]},
            "encoding": {"x": {"field": "value", **across}, "y": None},
        },
        {
            "transform": [{"filter": "isValid(datum.low)"}],
            "mark": {"type": "rule", "strokeWidth": 1.5},
            "encoding": {
                "x": {"field": "low", **across},
                "x2": {"field": "high"},
                "color": _COLOUR,
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
            "encoding": {
                "x": {"field": "value", **across},
                "color": _COLOUR,
                "shape": {"field": "shape", "scale": None},
            },
        },
        {
            "mark": {"type": "text", "align": "left", "fontSize": 10},
            "encoding": {"x": {"value": _WIDTH + 6}, "text": {"field": "text"}},
        },
    ]


def _row(summary: Summary, metric: Metric, near: Sequence[float]) -> Spec:
    value = summary.metrics[metric.name].mean
    row = {
        "model": summary.label,
        "kind": _kind(summary),
        "value": value,
        "shape": "circle",
        "text": f"{value:.3f}",
    }
    if value not in near:
        return row | {"shape": "triangle-right" if value > max(near) else "triangle-left"}
    _, error = (summary.paired or {}).get(metric.name, (0.0, math.nan))
    if math.isnan(error):  # also of a single user
        return row
    room = INTERVAL_ERRORS * error
    return row | {"low": value - room, "high": value + room}


def _kind(summary: Summary) -> str:
    if PROTOCOLS[summary.protocol].is_leaky:
        return "leaky"
    return "peer" if summary.is_peer else "this project"

"""The comparison as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from components.evaluator.metrics import Metric, Table, shown_in
from scoreboard.protocols import PROTOCOLS
from scoreboard.summaries import Summary

_SHOWN: Final = shown_in(Table.CHART)
_OURS, _PEERS, _LEAKY = "#2f6f9f", "#b0b0b0", "#c0392b"


def draw_chart(summaries: Sequence[Summary], path: Path) -> None:
    """Draws a row for each protocol and a panel for each metric; leaky protocols in red.

    Models without figures of test ratings are left out.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rated = [each for each in summaries if any(shown.name in each.metrics for shown in _SHOWN)]
    protocols = list(dict.fromkeys(each.protocol for each in rated))
    if not protocols:
        return
    most = max(sum(each.protocol == name for each in rated) for name in protocols)
    figure, axes = pyplot.subplots(
        len(protocols),
        len(_SHOWN),
        figsize=(4 * len(_SHOWN), len(protocols) * (1 + 0.3 * most)),
        squeeze=False,
        sharey="row",
        layout="constrained",
    )
    for name, panels in zip(protocols, axes, strict=True):
        members = [each for each in rated if each.protocol == name][::-1]
        for metric, panel in zip(_SHOWN, panels, strict=True):
            _draw_panel(panel, metric, members)
        panels[0].set_title(PROTOCOLS[name].title, loc="left", fontweight="bold")
    figure.savefig(path, dpi=100, metadata={"Software": None})
    pyplot.close(figure)


def _draw_panel(panel: Any, metric: Metric, members: Sequence[Summary]) -> None:
    shown = [each for each in members if metric.name in each.metrics]
    means = [each.metrics[metric.name].mean for each in shown]
    panel.barh(
        [each.label for each in shown],
        means,
        xerr=[each.metrics[metric.name].deviation or 0.0 for each in shown],
        color=[_colour(each) for each in shown],
    )
    for position, mean in enumerate(means):
        panel.text(mean, position, f" {mean:.3f}", va="center", fontsize=8)
    low, high = min(means, default=0.0), max(means, default=1.0)
    room = max(high - low, 0.02)
    panel.set_xlim(max(0.0, low - 0.5 * room), high + 0.5 * room)  # differences are small
    panel.set_xlabel(metric.label)


def _colour(summary: Summary) -> str:
    if PROTOCOLS[summary.protocol].is_leaky:
        return _LEAKY
    return _PEERS if summary.is_peer else _OURS

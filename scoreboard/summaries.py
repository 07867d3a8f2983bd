"""Summarises results over their seeds, and makes every table of the board."""

import dataclasses
import statistics
from collections.abc import Iterable, Mapping, Sequence

from components.evaluator.metric_kinds import Metric
from scoreboard.board import groups
from scoreboard.cells import Result
from scoreboard.measuring.catalogue_metrics import CATALOGUE_METRICS
from scoreboard.measuring.metrics import METRICS
from scoreboard.paired import PAIRED_METRICS, paired_differences
from scoreboard.protocols import PROTOCOLS
from scoreboard.slides import OUR_LABELS, SLIDES, TABLES
from trainer_module.config import TrainerConfig


@dataclasses.dataclass(frozen=True)
class Spread:
    """A figure of several seeds.

    Attributes:
        mean: The mean over the seeds.
        deviation: The sample standard deviation; None if there is one seed.
    """

    mean: float
    deviation: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarises one value for each seed.

        >>> Spread.of([1.0, 3.0])
        Spread(mean=2.0, deviation=1.4142135623730951)
        """
        deviation = statistics.stdev(values) if len(values) > 1 else None
        return cls(statistics.fmean(values), deviation)

    def text(self, metric: Metric) -> str:
        """Returns mean and deviation as tables show them.

        Args:
            metric: The metric that was measured.
        """
        if self.deviation is None:
            return metric.text(self.mean)
        return f"{metric.text(self.mean)} ± {metric.text(self.deviation)}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Summary:
    """One model under one protocol, over its seeds.

    Attributes:
        protocol: Name of the protocol.
        label: Model and objective.
        is_peer: Whether the model comes from another library.
        seeds: How many seeds were run.
        metrics: Figures by metric name; only those that every seed defines.
        metrics_unforced: The same without forced rows; None if the protocol has none.
        paired: Differences from the default model with their standard errors over users, by metric
            name; None for the default model, and if there is nothing to compare.
        fit_seconds: Wall time of training.
        peak_memory_mb: The largest over the seeds.
    """

    protocol: str
    label: str
    is_peer: bool
    seeds: int
    metrics: Mapping[str, Spread]
    metrics_unforced: Mapping[str, Spread] | None
    paired: Mapping[str, tuple[float, float]] | None
    fit_seconds: Spread
    peak_memory_mb: float


@dataclasses.dataclass(frozen=True)
class Table:
    """A table for people; the terminal and the Markdown page print the same tables."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


def summarise(results: Sequence[Result]) -> list[Summary]:
    """Returns one summary for each model and protocol, in the order of the board.

    Args:
        results: One for each seed.
    """
    return [
        Summary(
            protocol=protocol,
            label=label,
            is_peer=members[0].cell.is_peer,
            seeds=len(members),
            metrics=_spreads([member.metrics for member in members]),
            metrics_unforced=_spreads(
                [member.metrics_unforced for member in members if member.metrics_unforced]
            )
            or None,
            paired=_against_default(protocol, label, results),
            fit_seconds=Spread.of([member.fit_seconds for member in members]),
            peak_memory_mb=max(member.peak_memory_mb for member in members),
        )
        for protocol, label, members in groups(results)
    ]


def default_label() -> str:
    """Returns the label of the model that the pipeline trains by default."""
    config = TrainerConfig()
    return f"{config.model} ({config.objective})"


def _against_default(
    protocol: str, label: str, results: Sequence[Result]
) -> Mapping[str, tuple[float, float]] | None:
    def of(name: str) -> list[Result]:
        return [
            each
            for each in results
            if each.cell.protocol == protocol and each.cell.label == name and each.by_user
        ]

    mine, default = of(label), of(default_label())
    if label == default_label() or not mine or not default:
        return None
    return paired_differences(mine, default)


def all_tables(summaries: Sequence[Summary]) -> list[Table]:
    """Returns the slides' two tables beside ours, then the tables of every protocol.

    Args:
        summaries: Of the whole board.
    """
    tables = []
    for name in ("reference", "reference-leaky"):
        ours = {each.label: each for each in summaries if each.protocol == name}
        if any(label in ours for label in OUR_LABELS.values()):
            tables += [_beside_slides(name, title, metrics, ours) for title, metrics in TABLES]
    for name in dict.fromkeys(each.protocol for each in summaries):
        tables += _of_protocol([each for each in summaries if each.protocol == name])
    return tables


def _beside_slides(
    protocol: str, title: str, metrics: Iterable[Metric], ours: Mapping[str, Summary]
) -> Table:
    rows = []
    for metric in metrics:
        theirs = [f"{SLIDES[column][metric.name]:g}" for column in SLIDES]
        rows.append((f"{metric.label}, slides", *theirs, "-"))
        labels = [*(OUR_LABELS[column] for column in SLIDES), default_label()]
        values = [_text(ours[label].metrics if label in ours else {}, metric) for label in labels]
        rows.append((f"{metric.label}, ours", *values))
    heading = f"{title}: the slides beside ours, {PROTOCOLS[protocol].title}"
    return Table(heading, ("", *SLIDES, default_label()), rows)


def _of_protocol(summaries: Sequence[Summary]) -> list[Table]:
    title = PROTOCOLS[summaries[0].protocol].title
    cost = ("seeds", "fit, s", "peak, MB")
    tables = []
    for heading, metrics, unforced in (
        ("test ratings", METRICS, False),
        ("test ratings without the rows whose label the split gives away", METRICS, True),
        ("lists over the whole catalogue", CATALOGUE_METRICS, False),
    ):
        shown = [
            (each, figures)
            for each in summaries
            if (figures := each.metrics_unforced if unforced else each.metrics)
            and any(metric.name in figures for metric in metrics)
        ]
        if not shown:
            continue
        rows = [
            (
                each.label + (", peer" if each.is_peer else ""),
                *(_text(figures, metric) for metric in metrics),
                str(each.seeds),
                f"{each.fit_seconds.mean:.1f}",
                f"{each.peak_memory_mb:.0f}",
            )
            for each, figures in shown
        ]
        columns = ("model", *(metric.label for metric in metrics), *cost)
        tables.append(Table(f"{title}: {heading}", columns, rows))
    return [*tables, *_differences(title, summaries)]


def _differences(title: str, summaries: Sequence[Summary]) -> list[Table]:
    """Returns the table of paired differences; empty if there are none."""
    rows = [
        (
            each.label + (", peer" if each.is_peer else ""),
            *("{:+.4f} ± {:.4f}".format(*each.paired[metric.name]) for metric in PAIRED_METRICS),
        )
        for each in summaries
        if each.paired is not None
    ]
    heading = f"{title}: less {default_label()}, ± standard error over users"
    columns = ("model", *(metric.label for metric in PAIRED_METRICS))
    return [Table(heading, columns, rows)] if rows else []


def _spreads(metrics: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    if not metrics:
        return {}
    names = [name for name in metrics[0] if all(name in each for each in metrics)]
    return {name: Spread.of([each[name] for each in metrics]) for name in names}


def _text(figures: Mapping[str, Spread], metric: Metric) -> str:
    return figures[metric.name].text(metric) if metric.name in figures else "-"

"""Summarises results over their seeds, and makes every table of the board."""

import dataclasses
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence

from components.evaluator.metrics import Metric
from scoreboard.cells import Result
from scoreboard.measuring.catalogue_metrics import CATALOGUE_METRICS
from scoreboard.measuring.metrics import METRICS
from scoreboard.paired import PAIRED_METRICS, paired_differences
from scoreboard.protocols import PROTOCOLS
from scoreboard.slides import OUR_LABELS, SLIDES, TABLES
from trainer_module.config import TrainerConfig


@dataclasses.dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation of a figure over seeds; no deviation of one seed."""

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
        """Returns mean and deviation as tables show a value of the metric."""
        if self.deviation is None:
            return metric.text(self.mean)
        return f"{metric.text(self.mean)} ± {metric.text(self.deviation)}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Summary:
    """One model under one protocol, over its seeds."""

    protocol: str
    label: str
    is_peer: bool
    seeds: int  # how many were run
    metrics: Mapping[str, Spread]  # by metric name; only those that every seed defines
    metrics_unforced: Mapping[str, Spread] | None  # without forced rows; None if there are none
    # Differences from the default model with their standard errors over users, by metric name; None
    # for the default model, and if there is nothing to compare.
    paired: Mapping[str, tuple[float, float]] | None
    fit_seconds: Spread
    peak_memory_mb: float  # the largest over the seeds


@dataclasses.dataclass(frozen=True)
class Table:
    """A table for people; the terminal and the Markdown page print the same tables."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


def summarise(results: Sequence[Result]) -> list[Summary]:
    """Returns one summary for each model and protocol, in the order of the board."""
    by_model: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        by_model.setdefault((result.cell.protocol, result.cell.label), []).append(result)
    default = default_label()
    return [
        Summary(
            protocol=protocol,
            label=label,
            is_peer=members[0].cell.is_peer,
            seeds=len(members),
            metrics=_spreads([each.metrics for each in members]),
            metrics_unforced=_spreads([each.metrics_unforced or {} for each in members]) or None,
            paired=_differences_between(members, by_model.get((protocol, default), []))
            if label != default
            else None,
            fit_seconds=Spread.of([each.fit_seconds for each in members]),
            peak_memory_mb=max(each.peak_memory_mb for each in members),
        )
        for (protocol, label), members in by_model.items()
    ]


def default_label() -> str:
    """Returns the label of the model that the pipeline trains by default."""
    config = TrainerConfig()
    return f"{config.model} ({config.objective})"


def _differences_between(
    results: Sequence[Result], others: Sequence[Result]
) -> Mapping[str, tuple[float, float]] | None:
    if not all(any(each.by_user for each in group) for group in (results, others)):
        return None
    return paired_differences(results, others)


def all_tables(summaries: Sequence[Summary]) -> list[Table]:
    """Returns the slides' figures beside ours, then the tables of every protocol."""
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
    tables = []
    for heading, metrics, unforced in (
        ("test ratings", METRICS, False),
        ("test ratings without the rows whose label the split gives away", METRICS, True),
        ("lists over the whole catalogue", CATALOGUE_METRICS, False),
    ):
        columns = ("model", *(metric.label for metric in metrics), "seeds", "fit, s", "peak, MB")
        rows = [
            (
                _name(each),
                *(_text(figures, metric) for metric in metrics),
                str(each.seeds),
                f"{each.fit_seconds.mean:.1f}",
                f"{each.peak_memory_mb:.0f}",
            )
            for each in summaries
            if (figures := each.metrics_unforced if unforced else each.metrics)
            and any(metric.name in figures for metric in metrics)
        ]
        tables.append(Table(f"{title}: {heading}", columns, rows))
    columns = ("model", *(metric.label for metric in PAIRED_METRICS))
    heading = f"{title}: difference from {default_label()} ± standard error over users"
    tables.append(Table(heading, columns, list(_rows_of_differences(summaries))))
    return [table for table in tables if table.rows]


def _rows_of_differences(summaries: Sequence[Summary]) -> Iterator[tuple[str, ...]]:
    for each in summaries:
        if each.paired is not None:
            differences = (each.paired[metric.name] for metric in PAIRED_METRICS)
            yield _name(each), *(f"{value:+.4f} ± {error:.4f}" for value, error in differences)


def _name(summary: Summary) -> str:
    return f"{summary.label}, peer" if summary.is_peer else summary.label


def _spreads(metrics: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    names = [name for name in metrics[0] if all(name in each for each in metrics)]
    return {name: Spread.of([each[name] for each in metrics]) for name in names}


def _text(figures: Mapping[str, Spread], metric: Metric) -> str:
    return figures[metric.name].text(metric) if metric.name in figures else "-"

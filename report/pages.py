"""Writes the pages of a run, of all runs and of a comparison, each a file that needs no other.

Pictures are SVG within the page and there is no script, so a page opens offline and anywhere.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from components.evaluator.metrics import ALL_METRICS, INTERVAL_ERRORS, Metric, Table, shown_in
from movielens.datasets.atomic_files import write_file
from report import artifacts, figures, lists
from report.charts import Chart, draw, lines
from report.comparison import Comparison, compare, predictions_of
from report.lineage import data_fingerprint, graph, lineage
from report.runs import REPORT_FOLDER, RUN_PAGE, RecordedRun, find_run, read_runs
from report.verdict import checks

CARD_PAGE: Final = "model_card.html"
_MOST_ROWS: Final = 500_000  # test ratings that a page looks at: some seconds, and 1 GB of memory
_MODE: Final = 0o644  # for a web server that runs as another user
_NO_VALUE: Final = "-"
_IDS: Final = ("id", "movie_id")  # numbers that count nothing


def write_run_pages(output: Path, run_id: str) -> Path:
    """Writes a run's page and model card and the list of all runs; returns the run's page.

    Raises:
        OSError: A page could not be written.
        LookupError: The folder has no such run.
        DrawingError: The pictures could not be drawn.
    """
    runs = read_runs(output)
    run = find_run(runs, run_id)
    earlier = runs[: runs.index(run)]
    page = run.folder / RUN_PAGE
    values, trends = _run_values(run, earlier), _trends(runs)
    svgs = draw([*_charts_in(values.values()), *trends])
    for path, template in ((page, "run.html"), (run.folder / CARD_PAGE, "model_card.html")):
        _write(path, template, svgs=svgs, **values)
    index = output / REPORT_FOLDER / RUN_PAGE
    _write(index, "runs.html", svgs=svgs, runs=runs[::-1], trends=trends)
    return page


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Writes a comparison of two runs as a page. An OSError if that is not possible."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, "comparison_page.html", comparison=comparison)


def _run_values(run: RecordedRun, earlier: Sequence[RecordedRun]) -> dict[str, Any]:
    try:
        predictions = predictions_of(run, _MOST_ROWS)
    except FileNotFoundError:  # the run did not get so far
        predictions = None
    last = next((each for each in reversed(earlier) if each.values["metrics"]), None)
    recommended = artifacts.recommended(run)
    return {
        "run": run,
        "last": last,
        "checks": checks(run),
        "comparison": compare(last, run, most_rows=_MOST_ROWS) if last else None,
        "predicted": 0 if predictions is None else len(predictions),
        "prediction_charts": [] if predictions is None else figures.charts(predictions),
        "worst_movies": [] if predictions is None else figures.mispredicted(predictions),
        "learning_curves": artifacts.learning_curves(run),
        "training": artifacts.training(run),
        "popularity": recommended.get("popularity"),
        "lorenz": lists.lorenz(recommended),
        "users": lists.beside(recommended, artifacts.recommended(last) if last else {}),
        "problem": recommended.get("problem", ""),
        "ingest": artifacts.ingest_report(run),
        "distributions": artifacts.distributions(run),
        "canary": artifacts.canary(run),
        "graph": graph(run),
        "lineage": lineage(run, [*earlier, run]),
        "data": data_fingerprint(run),
    }


def _charts_in(values: Iterable[Any]) -> Iterator[Chart]:
    for value in values:
        if isinstance(value, Chart):
            yield value
        elif isinstance(value, list | tuple):
            yield from _charts_in(value)


def _trends(runs: Sequence[RecordedRun]) -> list[Chart]:
    """How the metrics of `movielens history` and the time went, over all runs that have them."""
    columns = {
        metric.label: [run.values["metrics"].get(metric.name) for run in runs]
        for metric in shown_in(Table.HISTORY)
    }
    columns["seconds"] = [run.values["seconds"] for run in runs]
    trends = {
        label: [
            {"number": number, label: round(value, 4), "run": run.run_id}
            for number, (run, value) in enumerate(zip(runs, values, strict=True), start=1)
            if value is not None
        ]
        for label, values in columns.items()
    }
    return [
        lines(f"{label} of the runs", rows, "number", label)
        for label, rows in trends.items()
        if len(rows) > 1
    ]


def _write(path: Path, template: str, **values: Any) -> None:
    text = _environment().get_template(template).render(page=path, **values)
    write_file(path, [text.encode()], mode=_MODE)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("report"),
        autoescape=True,  # titles may hold anything
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure": figure, "room": _room, "link_to": _link_to}
    environment.globals |= {
        "metrics": ALL_METRICS,
        "slice_metrics": shown_in(Table.SLICES),
        "cells": _cells,
        "numbers": _numbers,
        "splits": _splits,
        "bad_rows": _bad_rows,
        "distances": _distances,
    }
    return environment


def figure(value: Any) -> str:
    """A value as pages show it.

    >>> figure(0.83604), figure(20003), figure(None), figure(float("nan"))
    ('0.8360', '20,003', '-', '-')
    """
    if value is None or value != value:  # NaN is not itself
        return _NO_VALUE
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4f}"


def _cells(found: Sequence[Any], *names: str) -> list[list[Any]]:
    """Rows of a table from the attributes of objects, or from mappings."""
    return [
        [_of(each, name) if name not in _IDS else str(_of(each, name)) for name in names]
        for each in found
    ]


def _of(each: Any, name: str) -> Any:
    return each[name] if isinstance(each, Mapping) else getattr(each, name)


def _numbers(rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    return [list(row.values()) for row in rows]


def _splits(ingest: Mapping[str, Any]) -> list[tuple[str, int]]:
    return [(f"examples of split {name}", count) for name, count in ingest["splits"].items()]


def _bad_rows(ingest: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (file, reason, found["rows"], found["line"], found["text"])
        for file, reasons in ingest["bad_rows_by_file"].items()
        for reason, found in reasons.items()
    ]


def _distances(found: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Rows of drift or skew, the last cell says whether the limit is kept."""
    return [
        (
            each["feature"],
            each["measure"],
            each["value"],
            float(each["threshold"]),
            "yes" if each["value"] <= each["threshold"] else "no",
        )
        for each in found
    ]


def _room(metric: Metric, errors: Mapping[str, float]) -> str:
    """Half the width of a metric's 95 % interval."""
    if metric.name not in errors:
        return _NO_VALUE
    return f"± {metric.text(INTERVAL_ERRORS * errors[metric.name])}"


def _link_to(target: str | Path, page: Path) -> str | None:
    """The address of a local file or folder on a page; None if it is not there."""
    path = Path(target)
    if not path.is_absolute() or not path.exists():
        return None
    above = next(each for each in page.parents if path.is_relative_to(each))
    ups = len(page.parent.relative_to(above).parts)
    return "../" * ups + quote(path.relative_to(above).as_posix()) + ("/" if path.is_dir() else "")

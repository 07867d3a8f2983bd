"""Compares two runs: options, data, metrics with their error bars, and whose predictions changed.

Both are measured on the test ratings that both predicted, paired by users. Without names, the last
two runs are compared.

Examples:
  movielens compare
  movielens compare 20261128T081500.000000 20261128T093000.000000
  movielens compare --html comparison.html
  movielens compare 1795884339 1795885290 --json | jq '.metrics[] | select(.verdict != "noise")'
"""

import argparse
import math
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline import terminal
from pipeline.commands.arguments import add_store_options
from pipeline.config import load_config
from pipeline.errors import RunFailure, UsageError

if TYPE_CHECKING:
    from report.comparison import Change, Comparison, Difference, Moved

_SPELLED: Final = 60  # characters of a value that are shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="*", metavar="RUN", help="two run ids or pushed versions")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write them as a page as well")
    add_store_options(parser)


def run(args: argparse.Namespace) -> int:
    if len(args.runs) not in (0, 2):
        raise UsageError(
            f"compare takes two runs, or none for the last two. Received: {' '.join(args.runs)}"
        )
    config = load_config(args.config, overrides=args.set, output=args.output)
    from report.comparison import compare
    from report.runs import find_run, read_runs

    runs = read_runs(config.output)
    if len(runs) < 2:
        raise RunFailure(
            f"{config.output} has the record of {len(runs)} run(s), and two are needed. Start "
            "another with `movielens run`."
        )
    try:
        before, after = (find_run(runs, name) for name in args.runs) if args.runs else runs[-2:]
    except LookupError as error:
        raise UsageError(str(error)) from error
    comparison = compare(before, after)
    if args.html is not None:
        _write_page(comparison, args.html.absolute())
    if args.json:
        terminal.emit_json(to_json_dict(comparison))
    else:
        _print(comparison)
    return 0


def _write_page(comparison: "Comparison", path: Path) -> None:
    from report.pages import write_comparison

    try:
        write_comparison(comparison, path)
    except OSError as error:
        raise RunFailure(f"the comparison cannot be written to {path}: {error.strerror}") from error
    terminal.say(f"comparison: {path}")


def to_json_dict(comparison: "Comparison") -> dict[str, Any]:
    """Returns the comparison as JSON values; an error that is not defined is left out."""
    values = asdict(comparison)
    values["before"], values["after"] = comparison.before.run_id, comparison.after.run_id
    for name in ("metrics", "slices"):
        values[name] = [_change_values(each) for each in getattr(comparison, name)]
    return values


def _change_values(change: "Change") -> dict[str, Any]:
    values: dict[str, Any] = {
        "slice": change.slice,
        "metric": change.metric.name,
        "before": change.before,
        "after": change.after,
        "difference": change.difference,
        "verdict": change.verdict,
    }
    if not math.isnan(change.error):
        values |= {"error": change.error, "interval": list(change.interval)}
    return values


def _print(comparison: "Comparison") -> None:
    terminal.say(f"before: {comparison.before.name}")
    terminal.say(f"after:  {comparison.after.name}")
    _print_differences("Options that differ", comparison.options)
    _print_differences("Data that differ", comparison.data)
    if comparison.missing:
        terminal.warn(f"nothing is measured on both: {comparison.missing}")
    else:
        _print_metrics(comparison)
    _print_differences("Seconds of nodes, or why they took none", comparison.seconds)


def _print_metrics(comparison: "Comparison") -> None:
    if any(comparison.unshared):
        first, second = comparison.unshared
        terminal.warn(
            f"the test sets differ: compared on the {comparison.shared:,} ratings in both, without "
            f"{first:,} of the first and {second:,} of the second"
        )
    title = f"Metrics on {comparison.shared:,} test ratings, with 95 % intervals of the difference"
    _print_changes(title, comparison.metrics)
    if comparison.slices:
        _print_changes("Slices that changed beyond noise", comparison.slices)
    _print_moved("Users whose predicted stars changed most", comparison.users)
    _print_moved("Movies whose predicted stars changed most", comparison.movies)


def _print_differences(title: str, differences: Iterable["Difference"]) -> None:
    rows = [(each.name, _spelled(each.before), _spelled(each.after)) for each in differences]
    if rows:
        terminal.table(title, ("", "before", "after"), rows)


def _print_changes(title: str, changes: Iterable["Change"]) -> None:
    terminal.table(
        title,
        ("slice", "metric", "before", "after", "difference", "from", "to", "verdict"),
        [
            (
                each.slice,
                each.metric.name,
                *map(_figure, (each.before, each.after, each.difference, *each.interval)),
                each.verdict,
            )
            for each in changes
        ],
    )


def _print_moved(title: str, moved: Iterable["Moved"]) -> None:
    rows = [
        (f"{each.id} {each.name}".strip(), each.ratings, _figure(each.mean_change))
        for each in moved
    ]
    if rows:
        terminal.table(title, ("", "ratings", "mean change"), rows)


def _figure(value: float) -> terminal.Number | None:
    return None if math.isnan(value) else terminal.Number(f"{value:.4f}")


def _spelled(value: Any) -> str:
    text = "-" if value is None else str(value)
    return text if len(text) <= _SPELLED else f"{text[: _SPELLED - 1]}…"

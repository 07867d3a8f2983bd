"""What every node of the pipeline costs, on made-up data of several sizes.

    python -m benchmarks.scale --ratings 100_000 1_000_000 --models gp_dnn mf_dnn

Each size and model is a run of `movielens run` in a process of its own. Models of one size share an
output folder, so that the nodes before the Trainer run once. Memory is that of the whole process
while the node runs, with what earlier nodes have left in it. The exponent compares CPU seconds with
those of the size before: 1 means that the cost of a rating stays the same.

With `--folder` the runs are kept. The same command then goes on where it was stopped and measures
only what is missing.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from movielens.datasets.synthetic import write_synthetic

_RATINGS_PER_USER: Final = 160
_MOVIES_PER_ROOT: Final = 10  # times the root of the ratings: between ML-20M's and ML-25M's
_ENDED_WELL: Final = ("succeeded", "not_blessed")

Summary = dict[str, Any]  # as `movielens run` writes it


class Cost(NamedTuple):
    """What a node cost at one size."""

    model: str
    node: str
    ratings: int
    seconds: float
    cpu_seconds: float
    peak_rss_mb: int
    exponent: float | None  # of the CPU seconds from the size before; None at the first size

    @property
    def cpu_seconds_per_million(self) -> float:
        return self.cpu_seconds * 1e6 / self.ratings

    @property
    def rows_per_cpu_second(self) -> float:
        return self.ratings / max(self.cpu_seconds, 1e-3)


def measure(folder: Path, ratings: int, model: str, options: Sequence[str]) -> Summary:
    """Returns the summary of a run on data of one size, which `folder` may have from before.

    Args:
        folder: Gets the data, the output of the runs, and the summary of each finished one.
        ratings: How many ratings to make up.
        model: The value of `trainer.model`.
        options: Further options of `movielens run`.

    Raises:
        RuntimeError: The run failed or was stopped.
    """
    kept = folder / f"{model}.json"
    if kept.exists():
        return _read(kept)
    data, output = folder / "data", folder / "output"
    if not data.exists():
        movies = round(_MOVIES_PER_ROOT * math.sqrt(ratings))
        users = max(1, ratings // _RATINGS_PER_USER)
        write_synthetic(data, users=users, movies=movies, ratings=ratings)
    folders = ["--data", str(data), "--output", str(output)]
    command = [sys.executable, "-m", "pipeline.cli", "run", *folders]
    # A model is compared with its own last version alone, whatever was measured before.
    alone = [f"serving.base_directory={folder / model}", "evaluator.baseline=last_pushed"]
    own = [part for value in (f"trainer.model={model}", *alone) for part in ("--set", value)]
    ended = subprocess.run(
        [*command, *own, *options],
        stdout=sys.stderr,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    written = output / "summary.json"
    summary = _read(written) if written.exists() else {"status": "not started"}
    if summary["status"] not in _ENDED_WELL:
        raise RuntimeError(
            f"The run of {model} on {ratings:,} ratings ended with exit code "
            f"{ended.returncode}. See {output / 'logs'}, then start the same command again."
        )
    kept.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return summary


def _read(path: Path) -> Summary:
    summary: Summary = json.loads(path.read_text(encoding="utf-8"))
    return summary


def costs(summaries: Mapping[str, Mapping[int, Summary]]) -> Iterator[Cost]:
    """Yields the cost of each node that was executed, with its sizes after one another.

    Summaries are by model and number of ratings. Nodes of less than a CPU second are left out.
    """
    for model, by_size in summaries.items():
        executed = {
            size: {n["id"]: n for n in by_size[size]["nodes"] if n["state"] == "executed"}
            for size in sorted(by_size)
        }
        for node in dict.fromkeys(name for nodes in executed.values() for name in nodes):
            if max(nodes[node]["cpu_seconds"] for nodes in executed.values() if node in nodes) < 1:
                continue
            before: Cost | None = None
            for size, nodes in executed.items():
                if node not in nodes:
                    continue
                cpu_seconds = nodes[node]["cpu_seconds"]
                exponent = None
                if before is not None and min(cpu_seconds, before.cpu_seconds) > 0:
                    growth = math.log(cpu_seconds / before.cpu_seconds)
                    exponent = growth / math.log(size / before.ratings)
                before = Cost(
                    model,
                    node,
                    size,
                    nodes[node]["seconds"],
                    cpu_seconds,
                    nodes[node]["peak_rss_mb"],
                    exponent,
                )
                yield before


def table(rows: Sequence[Cost]) -> str:
    """Returns the costs as a table in Markdown."""
    lines = [
        "| model | node | ratings | seconds | CPU seconds | per million | peak MB "
        "| ratings per CPU second | exponent |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row.model} | {row.node} | {row.ratings:,} | {row.seconds:,.1f} | "
        f"{row.cpu_seconds:,.1f} | {row.cpu_seconds_per_million:,.1f} | {row.peak_rss_mb:,} | "
        f"{row.rows_per_cpu_second:,.0f} | "
        f"{'' if row.exponent is None else format(row.exponent, '.2f')} |"
        for row in rows
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, measures, prints the table and writes JSON if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ratings", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--models", nargs="+", default=["gp_dnn"])
    parser.add_argument("--set", action="append", default=[], help="as of `movielens run`")
    parser.add_argument("--folder", type=Path, help="keep data and runs here, and go on from them")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        folder = args.folder or Path(scratch)
        options = [part for value in args.set for part in ("--set", value)]
        summaries: dict[str, dict[int, Summary]] = {model: {} for model in args.models}
        for ratings in sorted(args.ratings):
            for model in args.models:
                of_size = folder / str(ratings)
                summaries[model][ratings] = measure(of_size, ratings, model, options)
    rows = list(costs(summaries))
    print(table(rows))
    if args.json:
        figures = [row._asdict() for row in rows]
        args.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

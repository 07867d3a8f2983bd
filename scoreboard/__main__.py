"""`python -m scoreboard`: the program behind `movielens scoreboard`.

Tells how it goes in events, one JSON object a line on stdout; the last is `{"kind": "finished"}`
with everything that was measured. Errors are one line on stderr.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from movielens.errors import IngestError
from scoreboard.board import CellError, results_folder, run_board
from scoreboard.cells import QUICK_MODELS, Cell, known_models, planned_cells, refusal
from scoreboard.chart import draw_chart
from scoreboard.markdown import write_markdown
from scoreboard.peers.optional import MissingPackageError
from scoreboard.protocols import PROTOCOLS
from scoreboard.rating_files import data_folder
from scoreboard.summaries import all_tables, summarise

EXIT_FAILED, EXIT_USAGE = 1, 2


def main(argv: list[str] | None = None) -> int:
    """Runs a board, or measures one cell of it.

    Returns:
        0, 1 (a cell failed) or 2 (bad usage, or data that cannot be read).
    """
    args = _parse(argv)
    try:
        if args.measure:
            return _measure(args)
        return _run(args)
    except (CellError, IngestError, MissingPackageError) as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE if isinstance(error, IngestError) else EXIT_FAILED


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scoreboard", allow_abbrev=False)
    parser.add_argument("--protocols", nargs="+", choices=PROTOCOLS)
    parser.add_argument("--models", nargs="+")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--command", default="python -m scoreboard")
    parser.add_argument("--measure", metavar="CELL", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    args.protocols = args.protocols or (["reference"] if args.quick else list(PROTOCOLS))
    args.models = args.models or (QUICK_MODELS if args.quick else known_models())
    args.seeds = args.seeds if args.seeds is not None else (1 if args.quick else 3)
    for choice in args.models:
        if message := refusal(choice):
            parser.error(message)
    return args


def _run(args: argparse.Namespace) -> int:
    cells = planned_cells(args.protocols, args.models, args.seeds)
    results = run_board(cells, args.cache, data_folder(args.data, args.cache), _tell)
    summaries = summarise(results)
    if args.markdown:
        chart = args.markdown.with_suffix(".png")
        draw_chart(summaries, chart)
        write_markdown(summaries, args.markdown, args.command, chart)
    _tell(
        {
            "kind": "finished",
            "tables": [dataclasses.asdict(table) for table in all_tables(summaries)],
            "summaries": [dataclasses.asdict(summary) for summary in summaries],
            "results": [dataclasses.asdict(result) for result in results],
        }
    )
    return 0


def _measure(args: argparse.Namespace) -> int:
    # Only the process of a cell loads TensorFlow, and so the whole board's memory stays small.
    from scoreboard.measuring.cell_process import measure_on_files

    cell = Cell.from_dict(json.loads(args.measure))
    folder = data_folder(args.data, args.cache)
    measure_on_files(cell, folder, args.cache).write(results_folder(args.cache))
    return 0


def _tell(event: dict[str, Any]) -> None:
    print(json.dumps(event, allow_nan=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""Trains and judges every model and its peers under every protocol.

A model that was measured by the same code on the same data is not measured again, so that a board
that was killed goes on where it ended. Each model is measured in a process of its own.

Examples:
  movielens scoreboard --quick                     # one seed, the slides' split
  movielens scoreboard --protocols temporal --models mf_dnn:mse gp_dnn:ordinal@3 lightgbm
  movielens scoreboard --json scoreboard.json --markdown docs/explanation/scoreboard.md
"""

import argparse
import dataclasses
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from movielens.errors import IngestError
from pipeline import terminal
from pipeline.commands.arguments import add_data_flag, add_output_option, data_folder
from pipeline.errors import RunFailure, UsageError

if TYPE_CHECKING:
    from scoreboard.cells import Cell, Result
    from scoreboard.summaries import Summary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--protocols", nargs="+", metavar="NAME", help="temporal random reference reference-leaky"
    )
    parser.add_argument(
        "--models",
        nargs="+",
        metavar="NAME",
        help="models or model:objective, and peers; @N behind one for N seeds of it [all]",
    )
    parser.add_argument("--seeds", type=int, metavar="N", help="seeds of each model [3]")
    parser.add_argument(
        "--quick", action="store_true", help="one seed, `reference` alone, each model once"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write the board and its picture (.svg)"
    )
    add_data_flag(parser)
    add_output_option(parser, "results and data are kept in DIR/scoreboard")


def run(args: argparse.Namespace) -> int:
    _check(args)
    cells = _cells(args)
    from scoreboard.board import BoardError, run_board
    from scoreboard.summaries import all_tables, summarise

    cache = args.output / "scoreboard"
    try:
        results = run_board(cells, cache, data_folder(args.data, cache), terminal.say)
    except BoardError as error:
        raise RunFailure(str(error)) from error
    except IngestError as error:
        raise UsageError(str(error)) from error
    summaries = summarise(results)
    for each in all_tables(summaries):
        terminal.table(each.title, each.columns, each.rows)
    if args.json:
        _write_json(args.json, summaries, results)
    if args.markdown:
        _write_markdown(args, summaries)
    return 0


def _check(args: argparse.Namespace) -> None:
    if args.quick and (args.protocols or args.seeds):
        raise UsageError("--quick is one seed on `reference`: leave out --protocols and --seeds")
    if args.seeds is not None and args.seeds < 1:
        raise UsageError(f"--seeds should be at least 1. Received: {args.seeds}")
    for file in (args.json, args.markdown):
        if file is not None and not file.absolute().parent.is_dir():
            raise UsageError(f"{file} cannot be written: there is no folder {file.parent}")


def _cells(args: argparse.Namespace) -> "list[Cell]":
    from scoreboard.cells import KNOWN_MODELS, QUICK_MODELS, planned_cells
    from scoreboard.protocols import PROTOCOLS

    protocols = args.protocols or (["reference"] if args.quick else list(PROTOCOLS))
    models = args.models or (QUICK_MODELS if args.quick else KNOWN_MODELS)
    try:
        return planned_cells(protocols, models, args.seeds or (1 if args.quick else 3))
    except ValueError as error:
        raise UsageError(str(error)) from error


def _write_json(file: Path, summaries: "list[Summary]", results: "list[Result]") -> None:
    figures = {
        "summaries": [dataclasses.asdict(each) for each in summaries],
        "results": [each.model_dump() for each in results],
    }
    file.write_text(json.dumps(figures) + "\n", encoding="utf-8")
    terminal.say(f"every figure is in {file}")


def _write_markdown(args: argparse.Namespace, summaries: "list[Summary]") -> None:
    from scoreboard.chart import draw_chart
    from scoreboard.markdown import write_markdown

    command = ["movielens", "scoreboard", *(["--quick"] if args.quick else [])]
    command += ["--protocols", *args.protocols] if args.protocols else []
    command += ["--seeds", str(args.seeds)] if args.seeds else []
    command += ["--models", *args.models] if args.models else []
    chart = args.markdown.with_suffix(".svg")
    draw_chart(summaries, chart)
    shown = shlex.join([*command, "--markdown", str(args.markdown)])
    write_markdown(summaries, args.markdown, shown, chart)

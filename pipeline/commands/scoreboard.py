"""`movielens scoreboard`: every model and its peers under every protocol, on one board.

The work is a program of its own, `scoreboard`, for the pipeline imports no benchmark. It
tells how it goes in events; here they become lines on the terminal.
"""

import argparse
import json
import shlex
from pathlib import Path
from typing import Any, Final

from pipeline import terminal
from pipeline.commands.benchmark_program import add_data_flag, data_arguments, events_of
from pipeline.errors import UsageError

_PROGRAM: Final = "scoreboard"
_EXAMPLE: Final = """examples:
  movielens scoreboard --quick                     # one seed, the slides' split
  movielens scoreboard --protocols temporal --models mf_dnn:mse gp_dnn:ordinal@3 lightgbm
  movielens scoreboard --json scoreboard.json --markdown docs/scoreboard.md
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the parser of `scoreboard`."""
    parser = subparsers.add_parser(
        "scoreboard",
        description="Trains and judges every model and its peers. What was measured before, by the "
        "same code on the same data, is not measured again: a killed board goes on.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
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
        "--markdown", type=Path, metavar="FILE", help="write the board and its picture (.png)"
    )
    add_data_flag(parser)
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("output"),
        metavar="DIR",
        help="results and data are kept in DIR/scoreboard (default output)",
    )


def run(args: argparse.Namespace) -> int:
    """Runs the board and prints its tables.

    Raises:
        UsageError: an option is wrong.
        RunFailure: a model could not be measured, or this is no checkout of the source.
    """
    arguments = _arguments(args)
    finished: dict[str, Any] = {}
    with events_of(_PROGRAM, arguments) as events:
        for event in events:
            if event["kind"] == "started":
                terminal.say(_progress_line(event))
            else:
                finished = event
    for each in finished["tables"]:
        terminal.table(each["title"], each["columns"], each["rows"])
    if args.json:
        text = json.dumps({"summaries": finished["summaries"], "results": finished["results"]})
        args.json.write_text(text + "\n", encoding="utf-8")
        terminal.say(f"every figure is in {args.json}")
    return 0


def _arguments(args: argparse.Namespace) -> list[str]:
    if args.quick and (args.protocols or args.seeds):
        raise UsageError("--quick is one seed on `reference`: leave out --protocols and --seeds")
    if args.seeds is not None and args.seeds < 1:
        raise UsageError(f"--seeds should be at least 1. Received: {args.seeds}")
    for file in (args.json, args.markdown):
        if file is not None and not file.absolute().parent.is_dir():
            raise UsageError(f"{file} cannot be written: there is no folder {file.parent}")
    chosen: list[str] = ["--quick"] if args.quick else []
    chosen += ["--protocols", *args.protocols] if args.protocols else []
    chosen += ["--seeds", str(args.seeds)] if args.seeds else []
    chosen += ["--models", *args.models] if args.models else []
    shown = [*chosen]
    chosen += data_arguments(args)
    if args.markdown:
        command = shlex.join(["movielens", "scoreboard", *shown, "--markdown", str(args.markdown)])
        chosen += ["--markdown", str(args.markdown.absolute()), "--command", command]
    return [*chosen, "--cache", str((args.output / "scoreboard").absolute())]


def _progress_line(event: dict[str, Any]) -> str:
    minutes = event["seconds_left"] / 60
    left = f"{minutes:.0f} min" if minutes >= 1 else "a minute at most"
    return (
        f"{event['done'] + 1} of {event['total']}: {event['model']}, seed {event['seed']}, on "
        f"{event['protocol']} (about {left} left)"
    )

"""`movielens audit`: proves that no feature looks where it must not."""

import argparse
from typing import Any, Final

from pipeline import terminal
from pipeline.commands.benchmark_program import add_data_flag, data_arguments, events_of
from pipeline.errors import RunFailure

_PROGRAM: Final = "audit"
_SHOWN_VIOLATIONS: Final = 5
_EXAMPLE: Final = """examples:
  movielens audit                                  # the default data and split, some minutes
  movielens audit --protocol reference --json
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the parser of `audit`."""
    parser = subparsers.add_parser(
        "audit",
        description="Changes ratings where no feature may look (test labels, later ratings, a "
        "row's own label, eval labels), makes all features anew, and compares them bit for bit.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--protocol", default="temporal", metavar="NAME", help="temporal, random or reference"
    )
    add_data_flag(parser)
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: argparse.Namespace) -> int:
    """Runs every audit and prints what it found.

    Returns:
        0, for all are passed.

    Raises:
        RunFailure: an audit found a leak, or this is no checkout of the source.
        UsageError: an option is wrong.
    """
    arguments = ["--protocol", args.protocol, *data_arguments(args)]
    findings: list[dict[str, Any]] = []
    with events_of(_PROGRAM, arguments) as events:
        for event in events:
            if event["kind"] == "started":
                terminal.say(f"{event['audit']} ...")
            else:
                findings.append({key: event[key] for key in ("audit", "violations")})
    if args.json:
        terminal.emit_json(findings)
    else:
        rows = [(each["audit"], _verdict(each["violations"])) for each in findings]
        terminal.table(f"Audits of {args.protocol}", ("audit", "found"), rows)
    failed = [each["audit"] for each in findings if each["violations"]]
    if failed:
        raise RunFailure(f"features look where they must not: {', '.join(failed)}")
    return 0


def _verdict(violations: list[str]) -> str:
    if not violations:
        return "nothing"
    more = len(violations) - _SHOWN_VIOLATIONS
    shown = "; ".join(violations[:_SHOWN_VIOLATIONS])
    return f"{shown}; and {more} more" if more > 0 else shown

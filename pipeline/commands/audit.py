"""`movielens audit`: proves that no feature looks where it must not."""

import argparse
import tempfile
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from movielens.errors import IngestError
from pipeline import terminal
from pipeline.commands.data_flag import add_data_flag, data_folder
from pipeline.errors import RunFailure, UsageError
from pipeline.run.logs import output_to_log
from pipeline.run.stop_request import StopRequest

_SHOWN_VIOLATIONS: Final = 5
_EXAMPLE: Final = """examples:
  movielens audit                                  # the default data and split, some minutes
  movielens audit --protocol reference --json
"""


class _Finding(NamedTuple):
    """What one audit found; nothing if it is passed."""

    audit: str
    violations: list[str]


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
        0, because all audits are passed.

    Raises:
        UsageError: An option is wrong.
        RunFailure: An audit found a leak.
    """
    _check_protocol(args.protocol)
    with tempfile.TemporaryDirectory(prefix="audit-") as name:
        scratch = Path(name)
        data = data_folder(args.data, scratch)
        # The libraries write to the log, so that stdout has the findings alone.
        with output_to_log(scratch / "log") as console:
            findings = _findings(args.protocol, data, scratch, console)
    if args.json:
        terminal.emit_json([each._asdict() for each in findings])
    else:
        rows = [(each.audit, _verdict(each.violations)) for each in findings]
        terminal.table(f"Audits of {args.protocol}", ("audit", "found"), rows)
    if failed := [each.audit for each in findings if each.violations]:
        raise RunFailure(f"features look where they must not: {', '.join(failed)}")
    return 0


def _check_protocol(name: str) -> None:
    from scoreboard.protocols import PROTOCOLS

    honest = [each.name for each in PROTOCOLS.values() if not each.is_leaky]
    if name not in honest:
        raise UsageError(f"--protocol should be one of {', '.join(honest)}. Received: {name}")


def _findings(protocol: str, data: Path, scratch: Path, console: TextIO) -> list[_Finding]:
    terminal.say("preparing the features ...", stream=console)
    findings = []
    with StopRequest() as stop:
        try:
            from audit.audits import AUDITS
            from audit.subject import subject_of

            subject = subject_of(protocol, data, scratch / "features")
            for name, audit in AUDITS.items():
                stop.check()
                terminal.say(f"{name} ...", stream=console)
                findings.append(_Finding(name, audit(subject)))
        except IngestError as error:
            raise UsageError(str(error)) from error
        except Exception:
            stop.check()  # a library may have turned the interrupt into an error of its own
            raise
    return findings


def _verdict(violations: list[str]) -> str:
    if not violations:
        return "nothing"
    more = len(violations) - _SHOWN_VIOLATIONS
    shown = "; ".join(violations[:_SHOWN_VIOLATIONS])
    return f"{shown}; and {more} more" if more > 0 else shown

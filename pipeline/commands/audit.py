"""Changes ratings where no feature may look, and checks that no feature changes.

It changes test labels, later ratings, a row's own label and eval labels, makes all features anew
and compares them bit for bit.

Examples:
  movielens audit                                  # the default data and split, some minutes
  movielens audit --protocol reference --json
"""

import argparse
import tempfile
from pathlib import Path
from typing import Final, TextIO

from movielens.errors import IngestError
from pipeline import terminal
from pipeline.commands.arguments import add_data_flag, add_json_option, data_folder
from pipeline.errors import RunFailure, UsageError
from pipeline.run.logs import output_to_log
from pipeline.run.stop_request import StopRequest

_PROTOCOLS: Final = ("temporal", "random", "reference")  # all that are not leaky
_SHOWN_VIOLATIONS: Final = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--protocol", choices=_PROTOCOLS, default="temporal", help="how ratings are split"
    )
    add_data_flag(parser)
    add_json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Runs every audit and prints what it found; a leak is a RunFailure."""
    with tempfile.TemporaryDirectory(prefix="audit-") as name:
        scratch = Path(name)
        data = data_folder(args.data, scratch)
        # The libraries write to the log, so that stdout has the findings alone.
        with output_to_log(scratch / "log") as console:
            findings = _findings(args.protocol, data, scratch, console)
    if args.json:
        terminal.emit_json(
            [{"audit": name, "violations": found} for name, found in findings.items()]
        )
    else:
        rows = [(name, _verdict(found)) for name, found in findings.items()]
        terminal.table(f"Audits of {args.protocol}", ("audit", "found"), rows)
    if failed := [name for name, found in findings.items() if found]:
        raise RunFailure(f"features look where they must not: {', '.join(failed)}")
    return 0


def _findings(protocol: str, data: Path, scratch: Path, console: TextIO) -> dict[str, list[str]]:
    """Returns the violations that each audit has found."""
    terminal.say("preparing the features ...", stream=console)
    findings = {}
    with StopRequest() as stop:
        try:
            from audit.audits import AUDITS
            from audit.subject import subject_of

            subject = subject_of(protocol, data, scratch / "features")
            for name, audit in AUDITS.items():
                stop.check()
                terminal.say(f"{name} ...", stream=console)
                findings[name] = audit(subject)
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

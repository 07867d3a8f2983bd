"""`movielens`: parses the command line, runs one command and turns its errors into one line.

A command is a module with `add_parser(subparsers)`, which adds a parser named as in `COMMANDS`, and
`run(args) -> int`, which returns the exit code. Its heavy imports belong inside `run`: this module
and every `add_parser` stay free of TFX and TensorFlow, so that `--help` answers at once.
"""

import argparse
import errno
import importlib
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NoReturn

from pipeline import terminal
from pipeline.errors import EXIT_INTERRUPTED, MovieLensError, UsageError

COMMANDS: Final = {
    "run": "pipeline.commands.run",
    "serve": "pipeline.commands.serve",
    "recommend": "pipeline.commands.query",
    "rate": "pipeline.commands.query",
    "similar": "pipeline.commands.movies",
    "embed": "pipeline.commands.movies",
    "scoreboard": "pipeline.commands.scoreboard",
    "audit": "pipeline.commands.audit",
    "history": "pipeline.commands.history",
    "rollback": "pipeline.commands.rollback",
    "data": "pipeline.commands.data",
    "compile": "pipeline.commands.compile",
    "submit": "pipeline.commands.submit",
    "alert": "pipeline.commands.alert",
    "demo": "pipeline.commands.demo",
    "doctor": "pipeline.commands.doctor",
}

_EXIT_BROKEN_PIPE = 128 + signal.SIGPIPE
_EXAMPLE = """example:
  movielens run                                   # the whole pipeline on the default data
  movielens recommend --like "Toy Story (1995)"   # ask what it has learned
"""


class OneLineParser(argparse.ArgumentParser):
    """A parser whose errors are one line with a remedy instead of a page of usage."""

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Ends the program after its help.

        Raises:
            RunFailure: the help cannot be written.
        """
        terminal.flush()
        super().exit(status, message)

    def error(self, message: str) -> NoReturn:
        """Raises the error for `main` to print.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{message}; see `{self.prog} --help`")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the arguments after the program's name; those of the process by default.

    Returns:
        The exit code: 0, 1 (failed), 2 (bad usage), 130 (interrupted) or 141 (reader went away).
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    folder = tempfile.gettempdir()
    terminal.prepare_streams()
    # As Ctrl-C does, it ends a command by way of all that closes files and stops child processes.
    on_sigterm = signal.getsignal(signal.SIGTERM)
    if on_sigterm == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        args = _build_parser(arguments).parse_args(arguments)
        folder = str(getattr(args, "output", None) or folder)
        code: int = importlib.import_module(COMMANDS[args.command]).run(args)
        terminal.flush()
    except MovieLensError as error:
        terminal.fail(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        terminal.fail("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our stdout has gone (`movielens ... | head`): nobody is left to tell.
        terminal.abandon(sys.stdout)
        return _EXIT_BROKEN_PIPE
    except Exception as error:  # the last line of defence: reported in full, in the log
        terminal.fail(_describe_unexpected(error, Path(folder)))
        return 1
    finally:
        signal.signal(signal.SIGTERM, on_sigterm)
    return code


def _build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="movielens",
        description="MovieLens ratings in; a trained, judged and safely pushed recommender out.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    named = arguments[0] if arguments else ""
    if named and not named.startswith("-") and named not in COMMANDS:
        raise UsageError(f"no command `{named}`{_closest(named)}; see `movielens --help`")
    # Only the module of the command that was named: the others would only slow it down.
    modules = {COMMANDS[named]} if named in COMMANDS else dict.fromkeys(COMMANDS.values())
    for module in modules:
        importlib.import_module(module).add_parser(subparsers)
    return parser


def _closest(name: str) -> str:
    close = get_close_matches(name, COMMANDS, n=1)
    return f", did you mean `{close[0]}`?" if close else f" among {', '.join(COMMANDS)}"


def _describe_unexpected(error: Exception, folder: Path) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        where = Path(error.filename).parent if error.filename else folder
        return f"disk full: no space left in {where}; free some and run the same command again"
    log = _write_traceback(error, folder)
    kept = f"the traceback is in {log}" if log else "the traceback could not be written to a log"
    return f"unexpected {type(error).__name__}: {error}; {kept}"


def _write_traceback(error: Exception, folder: Path) -> Path | None:
    name = f"error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    text = "".join(traceback.format_exception(error))
    for logs in (folder / "logs", Path(tempfile.gettempdir())):
        try:
            logs.mkdir(parents=True, exist_ok=True)
            (logs / name).write_text(text, encoding="utf-8")
        except OSError:
            continue  # a full or read-only disk: the next folder may do
        return logs / name
    return None


if __name__ == "__main__":
    sys.exit(main())

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
from types import ModuleType
from typing import Final, NamedTuple, NoReturn

from pipeline import terminal
from pipeline.errors import EXIT_INTERRUPTED, MovieLensError, UsageError


class Command(NamedTuple):
    """A command as `movielens --help` lists it, without a look at its module.

    Attributes:
        module: its module in `pipeline.commands`.
        summary: what it does, in a line.
    """

    module: str
    summary: str


COMMANDS: Final = {
    "run": Command("run", "run the pipeline: ingest, validate, transform, train, evaluate, push"),
    "serve": Command("serve", "serve the pushed model over gRPC"),
    "recommend": Command("query", "recommend movies to a user"),
    "rate": Command("query", "predict what a user would think of movies"),
    "similar": Command("movies", "find the movies most like another"),
    "embed": Command("movies", "place a new movie, by title and genres, among the known ones"),
    "scoreboard": Command(
        "scoreboard", "train and judge every model and its peers under every protocol"
    ),
    "audit": Command(
        "audit", "prove that no test label, later rating or own label reaches a feature"
    ),
    "history": Command(
        "history", "list runs, what they measured, and what was pushed and put back"
    ),
    "rollback": Command("rollback", "serve an earlier blessed version again"),
    "data": Command("data", "put a MovieLens folder on disk"),
    "compile": Command("compile", "write the pipeline as a scheduler's own file"),
    "submit": Command("submit", "run the pipeline on Kubeflow, once or on a schedule"),
    "alert": Command("alert", "tell of a failed node or a late run, for schedulers"),
    "demo": Command("demo", "serve the pushed model, ask it once over gRPC, and stop"),
    "doctor": Command("doctor", "say what on this machine fits and what does not"),
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
        code: int = _module(args.command).run(args)
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
    named = next((each for each in arguments if not each.startswith("-")), None)
    if named is None:  # for the list of commands; their modules take half a second to import
        for name, command in COMMANDS.items():
            subparsers.add_parser(name, help=command.summary)
    elif named in COMMANDS:
        _module(named).add_parser(subparsers)
    else:
        raise UsageError(f"no command `{named}`{_closest(named)}; see `movielens --help`")
    return parser


def _module(command: str) -> ModuleType:
    return importlib.import_module(f"pipeline.commands.{COMMANDS[command].module}")


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

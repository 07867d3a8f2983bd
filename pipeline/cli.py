"""`movielens`: parses the command line, runs one command and turns its errors into one line.

A command `NAME` is the module `pipeline.commands.NAME`. Its docstring is the help and ends with an
example, `add_arguments` fills its parser, and `run` does the work and returns the exit code. Only
the module of the command that is asked for is imported. It imports TFX and TensorFlow inside `run`,
so that `--help` answers at once.
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
from typing import Final, NoReturn

from pipeline import terminal
from pipeline.errors import EXIT_INTERRUPTED, MovieLensError, UsageError

# The commands, with what each does.
COMMANDS: Final = {
    "run": "run the pipeline: ingest, validate, transform, train, evaluate, push",
    "serve": "serve the pushed model over gRPC",
    "worker": "lend Python workers to the Flink or Spark cluster that runs the Beam nodes",
    "recommend": "recommend movies to a user",
    "rate": "predict what a user would think of movies",
    "similar": "find the movies most like another",
    "embed": "place a new movie, by title and genres, among the known ones",
    "web": "serve a page to try the model in a browser",
    "scoreboard": "train and judge every model and its peers under every protocol",
    "audit": "prove that no test label, later rating or own label reaches a feature",
    "history": "list runs, what they measured, and what was pushed and put back",
    "compare": "say what differs between two runs, and what of it is more than noise",
    "rollback": "serve an earlier blessed version again",
    "data": "put a MovieLens folder on disk",
    "compile": "write the pipeline in the form that a scheduler reads",
    "submit": "run the pipeline on Kubeflow, once or on a schedule",
    "alert": "report a failed node or a late run, for schedulers",
    "demo": "serve the pushed model, ask it once over gRPC, and stop",
    "doctor": "say whether this machine can run the pipeline",
}

_EXIT_BROKEN_PIPE = 128 + signal.SIGPIPE
_EXAMPLE = """Examples:
  movielens run                                   # the whole pipeline on the default data
  movielens recommend --like "Toy Story (1995)"   # ask what it has learned
"""


class OneLineParser(argparse.ArgumentParser):
    """A parser whose errors are one line with a remedy instead of a page of usage."""

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Ends the program after its help. A RunFailure if the help cannot be written."""
        terminal.flush()
        super().exit(status, message)

    def error(self, message: str) -> NoReturn:
        """Raises a UsageError, which `main` prints."""
        raise UsageError(f"{message}; see `{self.prog} --help`")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command, by default that of the process's own arguments; returns the exit code.

    It is 0, 1 (failed), 2 (bad usage), 130 (interrupted) or 141 (reader went away).
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    folder = tempfile.gettempdir()
    terminal.prepare_streams()
    # SIGTERM ends a command as Ctrl-C does, so that files are closed and child processes stopped.
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
    except BrokenPipeError:  # nobody reads stdout any more, as in `movielens ... | head`
        terminal.abandon(sys.stdout)
        return _EXIT_BROKEN_PIPE
    except Exception as error:
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
    if named is None:
        for name, summary in COMMANDS.items():
            subparsers.add_parser(name, help=summary)
    elif named in COMMANDS:
        command = _module(named)
        description, heading, example = (command.__doc__ or "").partition("Example")
        command.add_arguments(
            subparsers.add_parser(
                named,
                description=description,
                epilog=heading + example,
                formatter_class=argparse.RawDescriptionHelpFormatter,
                allow_abbrev=False,
            )
        )
    else:
        close = get_close_matches(named, COMMANDS, n=1)
        hint = f", did you mean `{close[0]}`?" if close else f" among {', '.join(COMMANDS)}"
        raise UsageError(f"no command `{named}`{hint}; see `movielens --help`")
    return parser


def _module(command: str) -> ModuleType:
    return importlib.import_module(f"pipeline.commands.{command}")


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

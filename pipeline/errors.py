"""The errors that end a command: one line for the user and an exit code, never a traceback."""

import signal
from typing import Final

EXIT_INTERRUPTED: Final = 128 + signal.SIGINT


class MovieLensError(Exception):
    """Base of every error whose message is written for the person at the terminal."""

    exit_code = 1  # of the process, if this error ends it


class UsageError(MovieLensError):
    """The command line or the configuration asks for something impossible; exit code 2."""

    exit_code = 2


class RunFailure(MovieLensError):  # noqa: N818 - reads as what it is: the run failed
    """The request was correct and the work did not succeed; exit code 1."""

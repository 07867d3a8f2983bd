"""`python -m serving.server`: the embedded server as a program of its own."""

import argparse
import signal
import sys
from functools import partial

from serving.errors import ServerStartError, ServingError
from serving.server.options import ServerOptions, add_flags, start_log
from serving.server.stopping import stop_when_stdin_closes


def main() -> int:
    """Serves. Exit codes: 1 if it cannot start, 2 for bad flags, 3 if a model cannot be loaded."""
    parser = argparse.ArgumentParser(
        prog="python -m serving.server",
        description="Serves SavedModels over gRPC as tensorflow_model_server does.",
    )
    add_flags(parser)
    parser.add_argument(
        "--stop_when_stdin_closes",
        action="store_true",
        help="stop with the process that holds the other end of standard input",
    )
    flags = parser.parse_args()
    try:
        options = ServerOptions.from_flags(flags)
    except ValueError as error:
        parser.error(str(error))
    start_log(flags)
    if flags.stop_when_stdin_closes:
        stop_when_stdin_closes()
    from serving.server.application import serve  # loads TensorFlow: after the flags are checked

    # `serve` handles the signal and restores this handler at its end. A second SIGTERM that arrives
    # after that must not turn a clean exit into a failure.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        serve(options, announce=partial(print, flush=True))
    except ServingError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code if isinstance(error, ServerStartError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

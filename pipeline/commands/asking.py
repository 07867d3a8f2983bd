"""What the commands that ask a server share: where it is, and which movie a word means."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pipeline.errors import RunFailure, UsageError
from serving.client import DEFAULT_MODEL_NAME, DEFAULT_TARGET, RecommenderClient, TlsOptions
from serving.client.catalogue import Catalogue, newest_catalogue
from serving.errors import CatalogueError, ServingError

_MAX_MOVIE_ID: Final = 2**63 - 1  # ids travel as int64


class Titles:
    """The catalogue, read only where a title needs it: ids alone do without."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._path: Path | None = args.catalogue
        self._base_path: Path = args.output / "serving_model" / args.model_name
        self._catalogue: Catalogue | None = None

    def movie_id(self, movie: str) -> int:
        """The id that a word of the command line stands for: itself where it is a number."""
        if not movie.isdecimal():
            return self._read().resolve(movie)
        if int(movie) > _MAX_MOVIE_ID:
            raise UsageError(f"A movie id is at most {_MAX_MOVIE_ID}. Received: {movie}")
        return int(movie)

    def title(self, movie_id: int) -> str | None:
        """The title of a movie, where a catalogue is at hand and knows it."""
        has_catalogue = self._path is not None or newest_catalogue(self._base_path) is not None
        return self._read().title(movie_id) if has_catalogue else None

    def _read(self) -> Catalogue:
        if self._catalogue is None:
            path = self._path or newest_catalogue(self._base_path)
            if path is None:
                raise UsageError(
                    f"No catalogue to look titles up: no pushed version in {self._base_path} holds "
                    "one. Name its run with --output, a file with --catalogue, or give movie ids."
                )
            self._catalogue = Catalogue.read(path)
        return self._catalogue


@contextmanager
def open_client(args: argparse.Namespace) -> Iterator[RecommenderClient]:
    """Opens the client that the flags of the connection ask for.

    What goes wrong while it is open, in the question or the server, ends the command by one line.

    Raises:
        UsageError: a flag or a value is out of its range, a title is unknown or ambiguous, or a
            certificate cannot be read.
        RunFailure: the server cannot be reached or does not answer.
    """
    try:
        with _client(args) as client:
            yield client
    except (CatalogueError, ValueError) as error:
        raise UsageError(str(error)) from error
    except ServingError as error:
        raise RunFailure(str(error)) from error


def _client(args: argparse.Namespace) -> RecommenderClient:
    files = (args.tls_ca, args.tls_key, args.tls_cert)
    tls = None
    if args.tls or any(files):
        tls = TlsOptions(
            root_certificates=args.tls_ca, private_key=args.tls_key, certificate_chain=args.tls_cert
        )
    return RecommenderClient(args.server, model_name=args.model_name, timeout=args.timeout, tls=tls)


def not_blank(text: str) -> str:
    """The type of an argument that names something.

    Raises:
        argparse.ArgumentTypeError: it is empty, or blanks alone.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError(f"should not be blank. Received: {text!r}")
    return text


def add_asking_parser(
    subparsers: Any, name: str, summary: str, example: str
) -> argparse.ArgumentParser:
    """Adds the parser of a command that asks a server.

    Args:
        subparsers: of `movielens`.
        name: of the command.
        summary: what it does.
        example: shown below its help.

    Returns:
        The parser, with the flags that tell which server to ask and how to print its answer.
    """
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        description=f"{summary.capitalize()}, by asking a running model server (movielens serve).",
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_connection_flags(parser.add_argument_group("server and answer"))
    return parser


def _add_connection_flags(group: argparse._ArgumentGroup) -> None:
    """Adds the flags that tell which server to ask and how to print its answer."""
    add = group.add_argument
    add(
        "--server",
        type=not_blank,
        default=DEFAULT_TARGET,
        metavar="HOST:PORT",
        help=f"default {DEFAULT_TARGET}",
    )
    add(
        "--model_name",
        type=not_blank,
        default=DEFAULT_MODEL_NAME,
        metavar="NAME",
        help="the served model's name",
    )
    add("--timeout", type=float, default=10.0, metavar="S", help="seconds to wait (default 10)")
    add("--tls", action="store_true", help="talk over TLS; implied by the next three")
    add("--tls_ca", type=Path, metavar="FILE", help="authorities to trust (PEM)")
    add("--tls_key", type=Path, metavar="FILE", help="the client's own key (PEM)")
    add("--tls_cert", type=Path, metavar="FILE", help="the client's own certificate (PEM)")
    add(
        "--output",
        type=Path,
        default=Path("output"),
        metavar="DIR",
        help="folder of the runs; its pushed model knows the titles (default output)",
    )
    add("--catalogue", type=Path, metavar="FILE", help="a movies.csv to look titles up instead")
    add("--json", action="store_true", help="print JSON")

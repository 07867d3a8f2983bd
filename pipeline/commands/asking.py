"""What the commands that ask a model server share: the connection, titles and a history."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final, TypedDict

from pipeline import terminal
from pipeline.commands.arguments import add_json_option, add_output_option, not_blank
from pipeline.errors import RunFailure, UsageError
from serving.client import (
    DEFAULT_MODEL_NAME,
    DEFAULT_TARGET,
    RatedMovie,
    Recommendation,
    RecommenderClient,
    TlsOptions,
)
from serving.client.catalogue import Catalogue, newest_catalogue
from serving.errors import CatalogueError, ServingError

_MAX_MOVIE_ID: Final = 2**63 - 1  # ids travel as int64
_MIN_RATING: Final = 0.5
_MAX_RATING: Final = 5.0
_DISLIKE_RATING: Final = 1.0


class ClientOptions(TypedDict):
    """Arguments that both clients take."""

    model_name: str
    timeout: float
    tls: TlsOptions | None


class Titles:
    """Finds movies by title; the catalogue is read when it is first needed."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._pushed: Path = args.output / "serving_model" / args.model_name
        self._path: Path | None = args.catalogue or newest_catalogue(self._pushed)

    def movie_id(self, movie: str) -> int:
        """Returns the id of a movie that is given by its id or its title."""
        if not movie.isdecimal():
            return self._catalogue.resolve(movie)
        if int(movie) > _MAX_MOVIE_ID:
            raise UsageError(f"A movie id is at most {_MAX_MOVIE_ID}. Received: {movie}")
        return int(movie)

    def title(self, movie_id: int) -> str | None:
        """Returns a movie's title; None if there is no catalogue, or the movie is not in it."""
        return self._catalogue.title(movie_id) if self._path else None

    @cached_property
    def _catalogue(self) -> Catalogue:
        if self._path is None:
            raise UsageError(
                f"No catalogue to look titles up: no pushed version in {self._pushed} holds one. "
                "Name its run with --output, a file with --catalogue, or give movie ids."
            )
        return Catalogue.read(self._path)


@contextmanager
def open_client(args: argparse.Namespace) -> Iterator[tuple[RecommenderClient, Titles]]:
    """Opens the client and the catalogue that the options of `add_connection_options` describe.

    Errors of client and catalogue inside the block become errors of the command.
    """
    try:
        with RecommenderClient(args.server, **client_options(args)) as client:
            yield client, Titles(args)
    except (CatalogueError, ValueError) as error:
        raise UsageError(str(error)) from error
    except ServingError as error:
        raise RunFailure(str(error)) from error


def client_options(args: argparse.Namespace) -> ClientOptions:
    """The arguments of a client, from the options of `add_server_options`."""
    tls = None
    if args.tls or args.tls_ca or args.tls_key or args.tls_cert:
        tls = TlsOptions(
            root_certificates=args.tls_ca,
            private_key=args.tls_key,
            certificate_chain=args.tls_cert,
        )
    return {"model_name": args.model_name, "timeout": args.timeout, "tls": tls}


def add_connection_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say which server to ask and where titles are, and `--json`."""
    add_server_options(parser)
    parser.add_argument(
        "--catalogue", type=Path, metavar="FILE", help="look titles up in this movies.csv"
    )
    add_output_option(parser, "without --catalogue, titles come from the model pushed in DIR")
    add_json_option(parser)


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say which server to ask."""
    add = parser.add_argument_group("connection").add_argument
    add(
        "--server",
        type=not_blank,
        default=DEFAULT_TARGET,
        metavar="HOST:PORT",
        help=f"the model server [{DEFAULT_TARGET}]",
    )
    add(
        "--model_name",
        type=not_blank,
        default=DEFAULT_MODEL_NAME,
        metavar="NAME",
        help=f"the served model's name [{DEFAULT_MODEL_NAME}]",
    )
    add("--timeout", type=float, default=10.0, metavar="S", help="seconds to wait [10]")
    add("--tls", action="store_true", help="use TLS; the next three imply it")
    add("--tls_ca", type=Path, metavar="FILE", help="authorities to trust (PEM)")
    add("--tls_key", type=Path, metavar="FILE", help="the client's own key (PEM)")
    add("--tls_cert", type=Path, metavar="FILE", help="the client's own certificate (PEM)")


def add_history_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options from which `history_of` makes a history."""
    add_movies_option(parser, "--like", "a movie the user likes, most recent first")
    add_movies_option(parser, "--dislike", f"a movie the user rated {_DISLIKE_RATING:g} star")
    parser.add_argument(
        "--rating", type=float, default=5.0, metavar="STARS", help="stars of --like [5]"
    )


def add_movies_option(
    parser: argparse.ArgumentParser, flag: str, meaning: str, *, required: bool = False
) -> None:
    """Adds an option that names a movie and may be given several times."""
    parser.add_argument(
        flag,
        type=not_blank,
        action="append",
        default=[],
        required=required,
        metavar="MOVIE",
        help=f"{meaning}; title or id, repeatable",
    )


def history_of(args: argparse.Namespace, titles: Titles) -> list[RatedMovie]:
    """Makes the user's history, the liked movies first."""
    if not _MIN_RATING <= args.rating <= _MAX_RATING:
        raise UsageError(
            f"--rating must be between {_MIN_RATING} and {_MAX_RATING} stars. "
            f"Received: {args.rating}"
        )
    rated = [(movie, args.rating) for movie in args.like]
    rated += [(movie, _DISLIKE_RATING) for movie in args.dislike]
    return [RatedMovie(movie_id=titles.movie_id(movie), rating=stars) for movie, stars in rated]


def print_ranking(title: str, movies: Sequence[Recommendation], score: str) -> None:
    """Prints the movies of an answer, best first, under a title and a heading of their scores."""
    terminal.table(
        title,
        ("rank", "movie", "title", score),
        [
            (rank, str(movie.movie_id), movie.title, movie.score)
            for rank, movie in enumerate(movies, start=1)
        ],
    )

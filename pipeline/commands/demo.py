"""`movielens demo`: starts a server on the pushed model, asks it once, and stops it."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pipeline import terminal
from pipeline.errors import RunFailure, UsageError
from serving.client import DEFAULT_MODEL_NAME, RatedMovie, RecommendationList, RecommenderClient
from serving.client.catalogue import Catalogue, Movie, newest_catalogue
from serving.errors import ServingError
from serving.server_process import ServerProcess

_LIKED_TITLES: Final = ("Toy Story (1995)", "Finding Nemo (2003)", "Monsters, Inc. (2001)")
_LIKED_RATING: Final = 5.0


def add_parser(subparsers: Any) -> None:
    """Adds the parser of `movielens demo`."""
    parser = subparsers.add_parser(
        "demo",
        description="Serve the pushed model on a free port, ask it over gRPC, and stop.",
        epilog="example:\n  movielens demo --output output\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("output"),
        metavar="DIR",
        help="folder of the runs; its pushed model is asked (default output)",
    )
    parser.add_argument(
        *("-k", "--count"), type=int, default=10, metavar="N", help="movies wanted (default 10)"
    )


def run(args: argparse.Namespace) -> int:
    """Starts the server, asks, prints, stops.

    Raises:
        UsageError: the number of movies is negative.
        RunFailure: nothing has been pushed, or the server does not start or answer.
    """
    if args.count < 0:
        raise UsageError(f"-k must be a number of movies, 0 or more. Received: {args.count}")
    model_base_path = args.output / "serving_model" / DEFAULT_MODEL_NAME
    catalogue_path = newest_catalogue(model_base_path)
    if catalogue_path is None:
        raise RunFailure(
            f"No model has been pushed to {model_base_path}. Run `movielens run` first, or name "
            "the folder of a run with --output."
        )
    try:
        liked = _liked_movies(Catalogue.read(catalogue_path))
        answer = _ask(model_base_path, args.output / "logs" / "server.log", liked, args.count)
    except (ServingError, ValueError) as error:
        raise RunFailure(str(error)) from error
    terminal.table(
        f"Version {answer.model_version}, asked over gRPC, to a user who liked "
        f"{', '.join(movie.title for movie in liked)}",
        ("rank", "title", "score"),
        [(rank, movie.title, movie.score) for rank, movie in enumerate(answer.movies, start=1)],
    )
    return 0


def _liked_movies(catalogue: Catalogue) -> list[Movie]:
    """The movies that the demonstration's user likes; the first three where the data lack those."""
    found = [movie for title in _LIKED_TITLES for movie in catalogue.find(title)[:1]]
    return found or list(catalogue)[: len(_LIKED_TITLES)]


def _ask(
    model_base_path: Path, log_path: Path, liked: Sequence[Movie], count: int
) -> RecommendationList:
    history = [RatedMovie(movie_id=movie.movie_id, rating=_LIKED_RATING) for movie in liked]
    log_path.parent.mkdir(parents=True, exist_ok=True)
    server = ServerProcess(model_base_path, model_name=DEFAULT_MODEL_NAME, log_path=log_path)
    with server:
        terminal.say(f"Model server listening on {server.target} (log: {log_path})")
        with RecommenderClient(server.target) as client:
            (answer,) = client.recommend([history], k=count)
    terminal.say("Model server stopped")
    return answer

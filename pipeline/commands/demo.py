"""Serves the pushed model on a free port, asks it over gRPC, and stops.

Example:
  movielens demo --output output
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pipeline import terminal
from pipeline.commands.arguments import add_count_option, add_output_option
from pipeline.errors import RunFailure, UsageError
from serving.client import DEFAULT_MODEL_NAME, RatedMovie, RecommendationList, RecommenderClient
from serving.client.catalogue import Catalogue, Movie, newest_catalogue
from serving.errors import ServingError
from serving.server_process import ServerProcess

_LIKED_TITLES: Final = ("Toy Story (1995)", "Finding Nemo (2003)", "Monsters, Inc. (2001)")
_LIKED_RATING: Final = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_output_option(parser, "folder of the runs; its pushed model is asked")
    add_count_option(parser)


def run(args: argparse.Namespace) -> int:
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
    """The movies that the user of the demonstration likes; the first three if all are absent."""
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

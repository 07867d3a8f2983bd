"""Finds the movies most like another, by asking a running model server.

Example:
  movielens similar "Toy Story (1995)" -k 10
"""

import argparse
import dataclasses

from pipeline import terminal
from pipeline.commands.arguments import add_count_option, not_blank
from pipeline.commands.asking import Titles, add_connection_options, open_client, print_ranking


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `movielens similar`."""
    parser.add_argument("movie", type=not_blank, metavar="MOVIE", help="title or id")
    add_count_option(parser)
    add_connection_options(parser)


def run(args: argparse.Namespace) -> int:
    """Asks the server and prints its answer."""
    titles = Titles(args)
    with open_client(args) as client:
        movie_id = titles.movie_id(args.movie)
        (answer,) = client.similar([movie_id], k=args.count)
        if args.json:
            terminal.emit_json({"movie_id": movie_id, **dataclasses.asdict(answer)})
            return 0
        movie = titles.title(movie_id) or f"movie {movie_id}"
        title = f"Like {movie}, by model version {answer.model_version}"
        print_ranking(title, answer.movies, "similarity")
    return 0

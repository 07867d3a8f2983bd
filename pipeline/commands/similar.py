"""Finds the movies most like another, by asking a running model server.

Example:
  movielens similar "Toy Story (1995)" -k 10
"""

import argparse
import dataclasses

from pipeline import terminal
from pipeline.commands import asking
from pipeline.commands.arguments import add_count_option, not_blank


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("movie", type=not_blank, metavar="MOVIE", help="title or id")
    add_count_option(parser)
    asking.add_connection_options(parser)


def run(args: argparse.Namespace) -> int:
    with asking.open_client(args) as (client, titles):
        movie_id = titles.movie_id(args.movie)
        (answer,) = client.similar([movie_id], k=args.count)
        if args.json:
            terminal.emit_json({"movie_id": movie_id, **dataclasses.asdict(answer)})
            return 0
        movie = titles.title(movie_id) or f"movie {movie_id}"
        title = f"Like {movie}, by model version {answer.model_version}"
        asking.print_ranking(title, answer.movies, "similarity")
    return 0

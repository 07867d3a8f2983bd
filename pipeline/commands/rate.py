"""Predicts what a user would think of movies, by asking a running model server.

Example:
  movielens rate --like "Toy Story (1995)" --candidate "Toy Story 2 (1999)" --candidate 260
"""

import argparse
import dataclasses

from pipeline import terminal
from pipeline.commands import asking


def add_arguments(parser: argparse.ArgumentParser) -> None:
    asking.add_history_options(parser)
    asking.add_movies_option(parser, "--candidate", "a movie to rate", required=True)
    asking.add_connection_options(parser)


def run(args: argparse.Namespace) -> int:
    with asking.open_client(args) as (client, titles):
        history = asking.history_of(args, titles)
        candidates = [titles.movie_id(movie) for movie in args.candidate]
        (ratings,) = client.rate([history], [candidates])
        rows = [
            {**dataclasses.asdict(rating), "title": titles.title(rating.movie_id)}
            for rating in ratings
        ]
    if args.json:
        terminal.emit_json({"ratings": rows})
    else:
        terminal.table(
            "Predicted ratings",
            ("movie", "title", "stars", "liked"),
            [(str(row["movie_id"]), row["title"], row["rating"], row["liked"]) for row in rows],
        )
    return 0

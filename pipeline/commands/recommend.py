"""Recommends movies to a user, by asking a running model server.

Example:
  movielens recommend --like "Toy Story (1995)" --like 260 --dislike "Heat (1995)" -k 10
"""

import argparse
import dataclasses

from pipeline import terminal
from pipeline.commands import asking
from pipeline.commands.arguments import add_count_option


def add_arguments(parser: argparse.ArgumentParser) -> None:
    asking.add_history_options(parser)
    add_count_option(parser)
    asking.add_movies_option(parser, "--exclude", "a movie never to recommend")
    asking.add_connection_options(parser)


def run(args: argparse.Namespace) -> int:
    with asking.open_client(args) as (client, titles):
        history = asking.history_of(args, titles)
        excluded = [titles.movie_id(movie) for movie in args.exclude]
        (answer,) = client.recommend([history], k=args.count, exclude=[excluded])
    if args.json:
        terminal.emit_json(dataclasses.asdict(answer))
    else:
        title = f"Recommended by model version {answer.model_version} (tier: {answer.tier})"
        asking.print_ranking(title, answer.movies, "score")
    return 0

"""Places a new movie among the known ones, by asking a running model server.

Example:
  movielens embed --title "Toy Story 9 (2031)" --genre Animation --genre Comedy
"""

import argparse
import dataclasses

from pipeline import terminal
from pipeline.commands import asking
from pipeline.commands.arguments import not_blank
from serving.client import NewMovie


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--title", type=not_blank, metavar="TITLE", help="with the year in parentheses"
    )
    parser.add_argument(
        "--genre",
        type=not_blank,
        action="append",
        default=[],
        metavar="GENRE",
        help="repeatable, as in MovieLens",
    )
    asking.add_connection_options(parser)


def run(args: argparse.Namespace) -> int:
    with asking.open_client(args) as (client, titles):
        movie = NewMovie(title=args.title or "", genres=tuple(args.genre))
        (answer,) = client.embed([movie])
        if args.json:
            terminal.emit_json({**dataclasses.asdict(movie), **dataclasses.asdict(answer)})
            return 0
        dimensions = len(answer.embedding)
        terminal.table(
            f"Closest by model version {answer.model_version}, in {dimensions} dimensions",
            ("rank", "movie", "title"),
            [
                (rank, str(movie_id), titles.title(movie_id))
                for rank, movie_id in enumerate(answer.similar_movie_ids, start=1)
            ],
        )
    return 0

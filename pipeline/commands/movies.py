"""`movielens similar` and `movielens embed`: movies like one that is known, or one that is new."""

import argparse
import dataclasses
from typing import Any, Final

from pipeline import terminal
from pipeline.commands.connection import Titles, add_asking_parser, not_blank, open_client
from serving.client import MovieEmbedding, NewMovie, RecommenderClient, SimilarMovies

_SIMILAR_EXAMPLE: Final = """example:
  movielens similar "Toy Story (1995)" -k 10
"""
_EMBED_EXAMPLE: Final = """example:
  movielens embed --title "Toy Story 9 (2031)" --genre Animation --genre Comedy
"""


def add_parser(subparsers: Any) -> None:
    """Adds the parsers of `movielens similar` and `movielens embed`."""
    summary = "find the movies most like another"
    similar = add_asking_parser(subparsers, "similar", summary, _SIMILAR_EXAMPLE)
    similar.add_argument("movie", type=not_blank, metavar="MOVIE", help="title or id")
    similar.add_argument(
        *("-k", "--count"), type=int, default=10, metavar="N", help="movies wanted (default 10)"
    )
    summary = "place a new movie, by title and genres, among the known ones"
    embed = add_asking_parser(subparsers, "embed", summary, _EMBED_EXAMPLE)
    embed.add_argument(
        "--title", type=not_blank, metavar="TITLE", help="with the year in parentheses"
    )
    embed.add_argument(
        "--genre",
        type=not_blank,
        action="append",
        default=[],
        metavar="GENRE",
        help="repeatable, as in MovieLens",
    )


def run(args: argparse.Namespace) -> int:
    """Asks the server and prints its answer.

    Raises:
        UsageError: an unknown or ambiguous title, or a value out of its range.
        RunFailure: the server cannot be reached or does not answer.
    """
    titles = Titles(args)
    with open_client(args) as client:
        if args.command == "similar":
            _similar(client, args, titles)
        else:
            _embed(client, args, titles)
    return 0


def _similar(client: RecommenderClient, args: argparse.Namespace, titles: Titles) -> None:
    movie_id = titles.movie_id(args.movie)
    (answer,) = client.similar([movie_id], k=args.count)
    if args.json:
        terminal.emit_json({"movie_id": movie_id, **dataclasses.asdict(answer)})
        return
    _print_similar(answer, titles.title(movie_id) or f"movie {movie_id}")


def _print_similar(answer: SimilarMovies, movie: str) -> None:
    terminal.table(
        f"Like {movie}, by model version {answer.model_version}",
        ("rank", "movie", "title", "similarity"),
        [
            (rank, str(similar.movie_id), similar.title, similar.score)
            for rank, similar in enumerate(answer.movies, start=1)
        ],
    )


def _embed(client: RecommenderClient, args: argparse.Namespace, titles: Titles) -> None:
    movie = NewMovie(title=args.title or "", genres=tuple(args.genre))
    (answer,) = client.embed([movie])
    if args.json:
        terminal.emit_json({**dataclasses.asdict(movie), **dataclasses.asdict(answer)})
        return
    _print_embedding(answer, titles)


def _print_embedding(answer: MovieEmbedding, titles: Titles) -> None:
    terminal.table(
        f"Closest by model version {answer.model_version}, in {len(answer.embedding)} dimensions",
        ("rank", "movie", "title"),
        [
            (rank, str(movie_id), titles.title(movie_id))
            for rank, movie_id in enumerate(answer.similar_movie_ids, start=1)
        ],
    )

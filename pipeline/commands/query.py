"""`movielens recommend` and `movielens rate`: ask a served model, by titles or ids."""

import argparse
import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from pipeline import terminal
from pipeline.commands.connection import Titles, add_asking_parser, not_blank, open_client
from pipeline.errors import UsageError
from serving.client import PredictedRating, RatedMovie, RecommendationList

_DISLIKE_RATING: Final = 1.0
_MIN_RATING: Final = 0.5
_MAX_RATING: Final = 5.0
_EXAMPLES: Final = {
    "recommend": """example:
  movielens recommend --like "Toy Story (1995)" --like 260 --dislike "Heat (1995)" -k 10
""",
    "rate": """example:
  movielens rate --like "Toy Story (1995)" --candidate "Toy Story 2 (1999)" --candidate 260
""",
}


def add_parser(subparsers: Any) -> None:
    """Adds the parsers of `movielens recommend` and `movielens rate`."""
    recommend = _query_parser(subparsers, "recommend", "recommend movies to a user")
    recommend.add_argument(
        *("-k", "--count"), type=int, default=10, metavar="N", help="movies wanted (default 10)"
    )
    _add_movies(recommend, "--exclude", "a movie never to recommend")
    rate = _query_parser(subparsers, "rate", "predict what a user would think of movies")
    _add_movies(rate, "--candidate", "a movie to rate", required=True)


def run(args: argparse.Namespace) -> int:
    """Asks the server and prints its answer.

    Raises:
        UsageError: an unknown or ambiguous title, or a value out of its range.
        RunFailure: the server cannot be reached or does not answer.
    """
    titles = Titles(args)
    with open_client(args) as client:
        history = _history(args, titles)
        if args.command == "recommend":
            excluded = [titles.movie_id(movie) for movie in args.exclude]
            (answer,) = client.recommend([history], k=args.count, exclude=[excluded])
            _print_recommendations(answer, as_json=args.json)
        else:
            candidates = [titles.movie_id(movie) for movie in args.candidate]
            (ratings,) = client.rate([history], [candidates])
            _print_ratings(ratings, titles, as_json=args.json)
    return 0


def _history(args: argparse.Namespace, titles: Titles) -> list[RatedMovie]:
    if not _MIN_RATING <= args.rating <= _MAX_RATING:
        raise UsageError(
            f"--rating must be between {_MIN_RATING} and {_MAX_RATING} stars. "
            f"Received: {args.rating}"
        )
    rated = [(movie, args.rating) for movie in args.like]
    rated += [(movie, _DISLIKE_RATING) for movie in args.dislike]
    return [RatedMovie(movie_id=titles.movie_id(movie), rating=stars) for movie, stars in rated]


def _print_recommendations(answer: RecommendationList, *, as_json: bool) -> None:
    if as_json:
        terminal.emit_json(dataclasses.asdict(answer))
        return
    terminal.table(
        f"Recommended by model version {answer.model_version} (tier: {answer.tier})",
        ("rank", "movie", "title", "score"),
        [
            (rank, str(movie.movie_id), movie.title, movie.score)
            for rank, movie in enumerate(answer.movies, start=1)
        ],
    )


def _print_ratings(ratings: Sequence[PredictedRating], titles: Titles, *, as_json: bool) -> None:
    titled = [(rating, titles.title(rating.movie_id)) for rating in ratings]
    if as_json:
        rows = [{**dataclasses.asdict(rating), "title": title} for rating, title in titled]
        terminal.emit_json({"ratings": rows})
        return
    terminal.table(
        "Predicted ratings",
        ("movie", "title", "stars", "liked"),
        [(str(rating.movie_id), title, rating.rating, rating.liked) for rating, title in titled],
    )


def _query_parser(subparsers: Any, name: str, summary: str) -> argparse.ArgumentParser:
    parser = add_asking_parser(subparsers, name, summary, _EXAMPLES[name])
    _add_movies(parser, "--like", "a movie the user likes, most recent first")
    _add_movies(parser, "--dislike", f"a movie the user rated {_DISLIKE_RATING:g} star")
    parser.add_argument(
        "--rating", type=float, default=5.0, metavar="STARS", help="stars of --like (default 5)"
    )
    return parser


def _add_movies(
    parser: argparse.ArgumentParser, flag: str, summary: str, *, required: bool = False
) -> None:
    parser.add_argument(
        flag,
        type=not_blank,
        action="append",
        default=None if required else [],
        required=required,
        metavar="MOVIE",
        help=f"{summary}; title or id, repeatable",
    )

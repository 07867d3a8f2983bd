"""What an ingestion found: counts of rows, splits and refusals, as the artifact `ingest_report`."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from movielens.config import IngestConfig
from movielens.reading.movies import NotUtf8
from movielens.reading.quarantine import Rejects, to_csv
from movielens.splits import TimeCuts, pairs_sha256

REPORT_FILE: Final = "report.json"
QUARANTINE_FILE: Final = "quarantine.csv"


def _no_pairs() -> npt.NDArray[np.int64]:
    return np.empty((0, 2), np.int64)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What one step of the pipeline, on one shard or block, adds to the report.

    Attributes:
        file: The input file that `rows_read` and `rejects` are of.
        rows_read: Rows, usable or not.
        movies: Movies of the catalogue.
        users: Users with a usable rating.
        not_utf8: Titles of the movies file that are not UTF-8, if there are any.
        is_utf8: Whether the layout is published in UTF-8.
        splits: Examples written, by split.
        rejects: Refused rows.
        superseded: Ratings that a later one of the same user and movie replaces.
        test_pairs: [n, 2], user and movie of each test rating.
        cuts: The instants of `global_time`.
    """

    file: str = ""
    rows_read: int = 0
    movies: int = 0
    users: int = 0
    not_utf8: NotUtf8 | None = None
    is_utf8: bool = True
    splits: Counter[str] = field(default_factory=Counter)
    rejects: Rejects = field(default_factory=Rejects)
    superseded: int = 0
    test_pairs: npt.NDArray[np.int64] = field(default_factory=_no_pairs)
    cuts: TimeCuts | None = None


def write_report(
    tallies: Sequence[Tally], folder: str, config: IngestConfig, layout_name: str
) -> None:
    """Adds up the tallies of all steps and writes `report.json` and `quarantine.csv`."""
    refused = [row for tally in tallies for row in tally.rejects.shown]
    report = _summarise(tallies, config, layout_name)
    tf.io.gfile.makedirs(folder)
    for name, text in (
        (QUARANTINE_FILE, to_csv(refused)),
        (REPORT_FILE, json.dumps(report, indent=2, sort_keys=True) + "\n"),
    ):
        with tf.io.gfile.GFile(tf.io.gfile.join(folder, name), "w") as file:
            file.write(text)


def read_report(folder: str) -> dict[str, Any]:
    """Reads the `report.json` of a folder."""
    with tf.io.gfile.GFile(tf.io.gfile.join(folder, REPORT_FILE), "r") as file:
        report: dict[str, Any] = json.loads(file.read())
    return report


def _summarise(tallies: Sequence[Tally], config: IngestConfig, layout_name: str) -> dict[str, Any]:
    """Returns the contents of `report.json`; `split_sha256` is `pairs_sha256` of the test."""
    rows_read: Counter[str] = Counter()
    splits: Counter[str] = Counter()
    for tally in tallies:
        rows_read[tally.file] += tally.rows_read
        splits.update(tally.splits)
    files = [file for file, count in rows_read.items() if count]
    test_pairs = np.concatenate([_no_pairs(), *(tally.test_pairs for tally in tallies)])
    cuts = next((tally.cuts for tally in tallies if tally.cuts), None)
    movies = sum(tally.movies for tally in tallies)
    return {
        "layout": layout_name,
        "ratings": splits.total() - movies,
        "users": sum(tally.users for tally in tallies),
        "movies": movies,
        "rows_read": {file: rows_read[file] for file in files},
        "bad_rows": sum(tally.rejects.counts.total() for tally in tallies),
        "bad_rows_by_file": {
            file: _bad_rows([tally.rejects for tally in tallies if tally.file == file])
            for file in files
        },
        "superseded_ratings": sum(tally.superseded for tally in tallies),
        "titles_not_utf8": {
            tally.file: {**tally.not_utf8._asdict(), "is_utf8_layout": tally.is_utf8}
            for tally in tallies
            if tally.not_utf8
        },
        "splits": dict(splits),
        "time_cuts": list(cuts) if cuts else None,
        "split_sha256": pairs_sha256(test_pairs[:, 0], test_pairs[:, 1]),
        **config.model_dump(),
    }


def _bad_rows(rejects: Sequence[Rejects]) -> dict[str, dict[str, Any]]:
    """Returns, by reason, how many rows of a file were refused, and the first of them."""
    counts = sum((each.counts for each in rejects), Counter())
    shown = sorted((row for each in rejects for row in each.shown), reverse=True)
    first = {row.reason: row for row in shown}
    return {
        str(reason): {"rows": count, "line": first[reason].line, "text": first[reason].text}
        for reason, count in counts.most_common()
    }

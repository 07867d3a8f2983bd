"""What an ingestion found, as the artifact `ingest_report`, and whether it is good enough."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from movielens.config import IngestConfig, ReadOptions
from movielens.errors import IngestError
from movielens.reading.movies import NotUtf8
from movielens.reading.quarantine import Rejects, to_csv
from movielens.splits import TimeCuts, pairs_sha256

REPORT_FILE: Final = "report.json"
QUARANTINE_FILE: Final = "quarantine.csv"
_SHOWN_CHARACTERS: Final = 80  # of a bad row, in the error
_SHOWN_REASONS: Final = 3  # of a file


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What one step of the pipeline, on one shard or block, adds to the report."""

    file: str = ""  # the input file that `rows_read` and `rejects` are of
    rows_read: int = 0  # rows, usable or not
    movies: int = 0  # movies of the catalogue
    users: int = 0  # users with a usable rating
    not_utf8: NotUtf8 | None = None  # titles of the movies file that are not UTF-8
    is_utf8: bool = True  # whether the layout is published in UTF-8
    splits: Counter[str] = field(default_factory=Counter)  # examples written, by split
    rejects: Rejects = field(default_factory=Rejects)
    superseded: int = 0  # ratings that a later one of the same user and movie replaces
    # User and movie of each test rating [n, 2].
    test_pairs: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))
    cuts: TimeCuts | None = None  # the instants of `global_time`


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


def check_report(
    report_folder: str, config: IngestConfig, reading: ReadOptions, quarantine_dir: str | None
) -> None:
    """Fails an ingestion that refused too many rows, or guessed too many titles.

    Before it fails, report and quarantine are copied to `quarantine_dir`, if that is set, because
    TFX deletes the outputs of a failed node.
    """
    report = read_report(report_folder)
    limit = config.max_bad_row_fraction
    shares = {
        file: sum(found["rows"] for found in reasons.values()) / report["rows_read"][file]
        for file, reasons in report["bad_rows_by_file"].items()
    }
    if max(shares.values()) > limit or not report["ratings"]:
        where = _keep(report_folder, quarantine_dir)
        raise IngestError(
            f"Too many rows cannot be used. {_bad_files(report, shares)}. At most {limit:.2%} of a "
            f"file's rows may be unusable (ingest.max_bad_row_fraction); {where}."
        )
    for file, found in report["titles_not_utf8"].items():
        share = found["titles"] / report["rows_read"][file]
        if found["is_utf8_layout"] and reading.encoding is None and share > limit:
            raise IngestError(
                f"{_counted(found['titles'], 'title')} of {file} ({share:.2%}) not in UTF-8. Read "
                f"as {found['read_as']}, the first, in line {found['line']}, is "
                f"{found['title']!r}. "
                f"Name their encoding: data.encoding = {found['read_as']!r} if that is right, or "
                "another, such as 'cp949' for Korean."
            )


def _summarise(tallies: Sequence[Tally], config: IngestConfig, layout_name: str) -> dict[str, Any]:
    """Returns the contents of `report.json`; `split_sha256` is `pairs_sha256` of the test."""
    rows_read: Counter[str] = Counter()
    splits: Counter[str] = Counter()
    for tally in tallies:
        rows_read[tally.file] += tally.rows_read
        splits.update(tally.splits)
    files = [file for file, count in rows_read.items() if count]
    test_pairs = np.concatenate([tally.test_pairs for tally in tallies])
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


def _bad_files(report: dict[str, Any], shares: dict[str, float]) -> str:
    """Says what is wrong with each file; the movies first, because bad movies make bad ratings."""
    faults = []
    for file in sorted(shares, key=lambda name: report["rows_read"][name]):
        reasons = report["bad_rows_by_file"][file]
        if not reasons:
            continue
        examples = [
            f"{_counted(found['rows'], 'row')}: {reason}, such as line {found['line']}: "
            f"{found['text'][:_SHOWN_CHARACTERS]!r}"
            for reason, found in list(reasons.items())[:_SHOWN_REASONS]
        ]
        rows = report["rows_read"][file]
        faults.append(f"{file}: {shares[file]:.2%} of {rows:,} rows ({'; '.join(examples)})")
    return "; ".join(faults) or "No rating is left"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _keep(report_folder: str, quarantine_dir: str | None) -> str:
    """Copies report and quarantine, and says where they are."""
    if not quarantine_dir:
        return "quarantine_dir is not set, so that no copy of the quarantine was kept"
    tf.io.gfile.makedirs(quarantine_dir)
    for name in (REPORT_FILE, QUARANTINE_FILE):
        source, copy = (tf.io.gfile.join(each, name) for each in (report_folder, quarantine_dir))
        tf.io.gfile.copy(source, copy, overwrite=True)
    return f"see {tf.io.gfile.join(quarantine_dir, QUARANTINE_FILE)}"

"""Fails an ingestion that refused too many rows, or guessed the encoding of too many titles."""

from typing import Any

import tensorflow as tf

from components.movielens_example_gen.report import QUARANTINE_FILE, REPORT_FILE, read_report
from movielens.config import IngestConfig, ReadOptions
from movielens.errors import TitleEncodingError, TooManyBadRowsError

_SHOWN_CHARACTERS = 80
_SHOWN_REASONS = 3


def check_report(
    report_folder: str, config: IngestConfig, reading: ReadOptions, quarantine_dir: str | None
) -> None:
    """Fails an ingestion that refused too many rows, or guessed too many titles.

    Args:
        report_folder: Where the report is.
        config: Gives the limit.
        reading: Whether the encoding of titles was named or guessed.
        quarantine_dir: Where the report and the quarantine are copied before failing, because TFX
            deletes the outputs of a failed node. If None, no copy is kept.

    Raises:
        TooManyBadRowsError: The share of refused rows of a file is above the limit, or no rating is
            left.
        TitleEncodingError: The share of titles whose encoding was guessed is above the limit.
    """
    report = read_report(report_folder)
    limit = config.max_bad_row_fraction
    shares = {
        file: sum(found["rows"] for found in reasons.values()) / report["rows_read"][file]
        for file, reasons in report["bad_rows_by_file"].items()
    }
    if max(shares.values()) > limit or not report["ratings"]:
        where = _keep(report_folder, quarantine_dir)
        raise TooManyBadRowsError(
            f"Too many rows cannot be used. {_bad_files(report, shares)}. At most {limit:.2%} of a "
            f"file's rows may be unusable (ingest.max_bad_row_fraction); {where}."
        )
    for file, found in report["titles_not_utf8"].items():
        share = found["titles"] / report["rows_read"][file]
        if found["is_utf8_layout"] and reading.encoding is None and share > limit:
            raise TitleEncodingError(
                f"{_counted(found['titles'], 'title')} of {file} ({share:.2%}) not in UTF-8. Read "
                f"as {found['read_as']}, the first, in line {found['line']}, is "
                f"{found['title']!r}. "
                f"Name their encoding: data.encoding = {found['read_as']!r} if that is right, or "
                "another, such as 'cp949' for Korean."
            )


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

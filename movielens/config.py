"""Options of MovieLensExampleGen: how files are read, ratings split and histories made."""

import codecs
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal, Self, get_args

from movielens.errors import IngestConfigError
from movielens.reading.layouts import MOVIE_COLUMNS, RATING_COLUMNS

SplitName = Literal["temporal", "reference", "global_time", "random"]
HistoryMode = Literal["leave_one_out", "past"]
TimestampUnit = Literal["s", "ms", "us", "ns", "iso8601"]

# A protocol of the scoreboard: `reference` with aggregates over its test ratings, as the slides'.
LEAKY_PROTOCOL: Final = "reference-leaky"

# `reference` has no entry: its 30 % are part of its definition.
DEFAULT_TEST_FRACTIONS: Final[Mapping[str, float]] = {
    "temporal": 0.2,
    "global_time": 0.1,
    "random": 0.1,
}


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How files are read that differ from the published ones.

    Attributes:
        columns: Names of columns in the header of a CSV file, and the names of MovieLens that they
            stand for, such as `{"user": "userId"}`.
        timestamp_unit: What the timestamps count since 1970 (`s`, `ms`, `us`, `ns`), or `iso8601`.
        encoding: Of the titles that are not UTF-8; None guesses, and says so.

    Raises:
        IngestConfigError: A value is out of its range.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    timestamp_unit: TimestampUnit = "s"
    encoding: str | None = None

    def __post_init__(self) -> None:
        known = dict.fromkeys((*RATING_COLUMNS, *MOVIE_COLUMNS))
        for name, meant in self.columns.items():
            if meant not in known:
                raise IngestConfigError(
                    f"columns should map names of a file's columns to {', '.join(known)}. "
                    f"Received: {name} = {meant!r}"
                )
        _check_choice("timestamp_unit", self.timestamp_unit, get_args(TimestampUnit))
        if self.encoding is not None and not _is_ascii_based(self.encoding):
            raise IngestConfigError(
                "encoding should be one that Python knows and that has ASCII's characters as they "
                f"are, such as cp949, shift_jis, gb18030 or cp1251. Received: {self.encoding!r}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Returns the options as plain values, for JSON."""
        return asdict(self)


def _is_ascii_based(encoding: str) -> bool:
    printable = "".join(map(chr, range(32, 127)))
    try:
        return codecs.lookup(encoding).encode(printable)[0] == printable.encode()
    except (LookupError, UnicodeError, TypeError):
        return False


@dataclass(frozen=True, kw_only=True)
class IngestConfig:
    """How to split the ratings and to build their histories.

    Attributes:
        split: `temporal` (each user's last ratings are the test), `reference` (the slides' own),
            `global_time` (two instants cut all ratings) or `random` (by a hash of user and movie).
        history: what a train row's history holds: the user's other train ratings
            (`leave_one_out`), or only the earlier ones (`past`).
        max_history: most ratings in a history; the most recent are kept.
        max_train_history: most of them in that of a train row. There are many train rows, and the
            models that learn from rows look at no more; `gp_dnn` learns from the ratings
            themselves.
        seed: of the `random` split and of `reference`'s eval rows.
        test_fraction: share of test ratings: of each user's under `temporal`, of all under
            `global_time` and `random`. None takes the split's own (.2, .1, .1); `reference`
            allows nothing else.
        eval_fraction: share of eval ratings: of what the test leaves under `temporal` and
            `reference`, of all under `global_time` and `random`.
        max_bad_row_fraction: the run fails when a larger share of a file's rows cannot be used, or
            of its titles is in an encoding that had to be guessed.

    Raises:
        IngestConfigError: a value is out of its range.
    """

    split: SplitName = "temporal"
    history: HistoryMode = "leave_one_out"
    max_history: int = 400
    max_train_history: int = 100
    seed: int = 0
    test_fraction: float | None = None
    eval_fraction: float = 0.1
    max_bad_row_fraction: float = 0.001

    def __post_init__(self) -> None:
        refuse_leaky_protocol(self.split)
        _check_choice("split", self.split, get_args(SplitName))
        _check_choice("history", self.history, get_args(HistoryMode))
        _check_integer("max_history", self.max_history, minimum=1)
        _check_integer("max_train_history", self.max_train_history, minimum=1)
        _check_integer("seed", self.seed, minimum=0)
        _check_fraction("eval_fraction", self.eval_fraction)
        _check_fraction("max_bad_row_fraction", self.max_bad_row_fraction)
        if self.test_fraction is not None:
            _check_fraction("test_fraction", self.test_fraction)
            if self.split == "reference":
                raise IngestConfigError(
                    "test_fraction must be left out with split = 'reference', which defines its "
                    f"own 30 %. Received: {self.test_fraction}"
                )
        if self.split != "reference" and self.eval_fraction + self.resolved_test_fraction >= 1:
            raise IngestConfigError(
                "eval_fraction and test_fraction must leave something to train on (sum below 1). "
                f"Received: {self.eval_fraction} and {self.resolved_test_fraction}"
            )

    @property
    def resolved_test_fraction(self) -> float:
        """The share of test ratings in force; .3 under `reference`."""
        if self.test_fraction is not None:
            return self.test_fraction
        return DEFAULT_TEST_FRACTIONS.get(self.split, 0.3)

    @property
    def cuts_by_time(self) -> bool:
        """Whether the test ratings come after the others, of the same user or of all."""
        return self.split in ("temporal", "global_time")

    def to_dict(self) -> dict[str, Any]:
        """Returns the options as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, options: Mapping[str, Any]) -> Self:
        """Builds a config from plain values.

        Args:
            options: values by option name; what is left out takes its default.

        Raises:
            IngestConfigError: an option is unknown or its value out of range.
        """
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(options) - set(known))
        if unknown:
            raise IngestConfigError(
                f"Unknown option of the data: {', '.join(unknown)}. Known: {', '.join(known)}"
            )
        return cls(**options)


def refuse_leaky_protocol(split: object) -> None:
    """Refuses the one protocol that must never make a model to be served.

    Args:
        split: what was asked for as a way to split.

    Raises:
        IngestConfigError: it is `reference-leaky`.
    """
    if split == LEAKY_PROTOCOL:
        raise IngestConfigError(
            f"split should not be {LEAKY_PROTOCOL!r}, which exists for the scoreboard only: its "
            "features are computed over the test ratings too, so that its figures mean nothing and "
            "its models must never be pushed. Take 'reference', the same split without the leak."
        )


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise IngestConfigError(
            f"{name} should be one of {', '.join(choices)}. Received: {value!r}"
        )


def _check_integer(name: str, value: object, *, minimum: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
        raise IngestConfigError(
            f"{name} should be a whole number of at least {minimum}. Received: {value!r}"
        )


def _check_fraction(name: str, value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1:
        raise IngestConfigError(f"{name} should be at least 0 and below 1. Received: {value!r}")

"""Options of the data: how files are read, ratings split and histories made."""

import codecs
from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from movielens.reading.layouts import MOVIE_COLUMNS, RATING_COLUMNS
from movielens.section import Count, OneOf, Section, Seed, Share

SplitName = Literal["temporal", "reference", "global_time", "random"]
HistoryMode = Literal["leave_one_out", "past"]
TimestampUnit = Literal["s", "ms", "us", "ns", "iso8601"]
_Column = Annotated[str, OneOf(tuple(dict.fromkeys((*RATING_COLUMNS, *MOVIE_COLUMNS))))]

# A protocol of the scoreboard: `reference` with aggregates over its test ratings, as the slides'.
LEAKY_PROTOCOL: Final = "reference-leaky"

_TEST_FRACTIONS: Final = {"temporal": 0.2, "global_time": 0.1, "random": 0.1, "reference": 0.3}


class ReadOptions(Section):
    """How files are read that differ from the published ones."""

    columns: Mapping[str, _Column] = Field(
        default_factory=dict,
        description="Names of columns in the header of a CSV file, and the names of MovieLens that "
        'they stand for, such as `{user = "userId", item = "movieId"}`.',
    )
    timestamp_unit: TimestampUnit = Field(
        "s", description="What timestamps count since 1970; `iso8601` if they are text."
    )
    encoding: str | None = Field(
        None,
        description="Encoding of titles that are not UTF-8, such as `cp949`. Guessed if unset.",
    )

    @field_validator("encoding")
    @classmethod
    def _require_ascii_based(cls, encoding: str | None) -> str | None:
        if encoding is not None and not _is_ascii_based(encoding):
            raise ValueError(
                "should be an encoding that Python knows and that has ASCII's characters as they "
                "are, such as cp949, shift_jis, gb18030 or cp1251"
            )
        return encoding


def _is_ascii_based(encoding: str) -> bool:
    printable = "".join(map(chr, range(32, 127)))
    try:
        return codecs.lookup(encoding).encode(printable)[0] == printable.encode()
    except (LookupError, TypeError, ValueError):
        return False


class IngestConfig(Section):
    """How ratings are split and histories made."""

    split: SplitName = Field(
        "temporal",
        description="Which ratings are the test: each user's last (`temporal`), the slides' own "
        "(`reference`), all after an instant (`global_time`), or by a hash of user and movie "
        "(`random`).",
    )
    max_history: Count = Field(
        400,
        description="Most ratings in the history of an eval or test row. The most recent are kept.",
    )
    seed: Seed = Field(0, description="Seed of `random` and of the eval rows of `reference`.")
    test_fraction: Share | None = Field(
        None,
        description="Share of test ratings: of each user's under `temporal`, of all under "
        "`global_time` and `random`. If unset, the split's own: 0.2, 0.1 and 0.1. `reference` "
        "allows nothing else than its 0.3.",
    )
    eval_fraction: Share = Field(
        0.1,
        description="Share of eval ratings: of what the test leaves under `temporal` and "
        "`reference`, of all under `global_time` and `random`.",
    )
    max_bad_row_fraction: Share = Field(
        0.001,
        description="The run fails if a larger share of a file's rows cannot be used, or of its "
        "titles is in an encoding that had to be guessed.",
    )

    @field_validator("split", mode="before")
    @classmethod
    def _refuse_leaky_protocol(cls, split: object) -> object:
        """Refuses the protocol whose models must never be served, and says why."""
        if split == LEAKY_PROTOCOL:
            raise ValueError(
                f"should not be {LEAKY_PROTOCOL!r}, which exists for the scoreboard only: its "
                "features are computed over the test ratings too, so that its figures mean nothing "
                "and its models must never be pushed. Take 'reference', the same split without "
                "the leak"
            )
        return split

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> Self:
        if self.split == "reference":
            if self.test_fraction is not None:
                raise ValueError(
                    "test_fraction must be left out with split = 'reference', which defines its "
                    f"own 30 %. Received: {self.test_fraction}"
                )
        elif self.eval_fraction + self.resolved_test_fraction >= 1:
            raise ValueError(
                "eval_fraction and test_fraction must leave something to train on (sum below 1). "
                f"Received: {self.eval_fraction} and {self.resolved_test_fraction}"
            )
        return self

    @property
    def resolved_test_fraction(self) -> float:
        """The share of test ratings in force."""
        return _TEST_FRACTIONS[self.split] if self.test_fraction is None else self.test_fraction

    @property
    def cuts_by_time(self) -> bool:
        """Whether the test ratings come after the others, of the same user or of all."""
        return self.split in ("temporal", "global_time")

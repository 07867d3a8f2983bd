"""The ratings and features that are audited."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from audit.changed_ratings import CHANGES
from audit.features import Tables, build
from audit.lessons import Taught
from scoreboard.data.rated_movies import RatedMovies, read_ratings, split_ratings
from scoreboard.protocols import PROTOCOLS


@dataclasses.dataclass(frozen=True, kw_only=True)
class Subject:
    """The ratings and features that are audited."""

    rated: RatedMovies
    tables: Tables  # the features by split
    folder: Path  # for temporary files
    is_leaky: bool = False  # whether the features are those of the slides: `fit_to_splits`
    # The features that `rebuilt` has made, by change.
    rebuilds: dict[str, Tables] = dataclasses.field(default_factory=dict)
    # What `gp_dnn` learns from, by split, for each way of folding; made when asked for.
    lessons: dict[str, Mapping[str, Taught]] = dataclasses.field(default_factory=dict)

    @classmethod
    def prepare(cls, rated: RatedMovies, folder: Path, *, is_leaky: bool = False) -> "Subject":
        """Makes the features that every audit compares with, by default as the pipeline does."""
        tables = build(rated, folder / "original", is_leaky=is_leaky)
        return cls(rated=rated, tables=tables, folder=folder, is_leaky=is_leaky)

    def rebuilt(self, change: str) -> Tables:
        """Returns the features of ratings after a change of `CHANGES`, made once."""
        if change not in self.rebuilds:
            changed = CHANGES[change](self.rated)
            self.rebuilds[change] = build(changed, self.folder / change, is_leaky=self.is_leaky)
        return self.rebuilds[change]


def subject_of(protocol: str, data_folder: Path, folder: Path) -> Subject:
    """Prepares a folder, split by a protocol, for the audits; a SourceError if it is unreadable."""
    rated = split_ratings(*read_ratings(data_folder), PROTOCOLS[protocol].ingest)
    return Subject.prepare(rated, folder)


Audit: TypeAlias = Callable[[Subject], list[str]]
"""Returns what depends on something that it must not depend on; of an honest subject, nothing."""

"""The ratings and features that are audited."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from audit.changed_ratings import CHANGES
from audit.features import Tables, build
from audit.lessons import Taught
from scoreboard.data.protocol_data import Recipe
from scoreboard.data.rated_movies import RatedMovies, read_ratings, split_ratings
from scoreboard.protocols import PROTOCOLS


@dataclasses.dataclass(frozen=True, kw_only=True)
class Subject:
    """The ratings and features that are audited.

    Attributes:
        rated: Ratings with their splits.
        recipe: How features are made of them.
        tables: The features by split.
        folder: Holds temporary files.
        rebuilds: The features that `rebuilt` has made, by change.
        lessons: What `gp_dnn` learns from, by split, for each way of folding; made when asked for.
    """

    rated: RatedMovies
    recipe: Recipe
    tables: Tables
    folder: Path
    rebuilds: dict[str, Tables] = dataclasses.field(default_factory=dict)
    lessons: dict[str, Mapping[str, Taught]] = dataclasses.field(default_factory=dict)

    @classmethod
    def prepare(cls, rated: RatedMovies, folder: Path, recipe: Recipe | None = None) -> "Subject":
        """Makes the features that every audit compares with, by default as the pipeline does."""
        recipe = recipe or Recipe()
        tables = build(rated, recipe, folder / "original")
        return cls(rated=rated, recipe=recipe, tables=tables, folder=folder)

    def rebuilt(self, change: str) -> Tables:
        """Returns the features of changed ratings, by the same recipe; made once.

        Args:
            change: A name of `CHANGES`.
        """
        if change not in self.rebuilds:
            changed = CHANGES[change](self.rated)
            self.rebuilds[change] = build(changed, self.recipe, self.folder / change)
        return self.rebuilds[change]


def subject_of(protocol: str, data_folder: Path, folder: Path) -> Subject:
    """Reads a MovieLens folder and prepares it for the audits.

    Args:
        protocol: A name of `PROTOCOLS`.
        data_folder: In any published layout.
        folder: Gets temporary files.

    Raises:
        SourceError: The folder cannot be read as MovieLens data.
    """
    rated = split_ratings(*read_ratings(data_folder), PROTOCOLS[protocol].ingest)
    return Subject.prepare(rated, folder)


Audit: TypeAlias = Callable[[Subject], list[str]]
"""Returns what depends on something that it must not depend on; of an honest subject, nothing."""

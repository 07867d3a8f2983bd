"""What is audited, and what an audit is."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

from audit.features import Recipe, Tables, build
from audit.lessons import Taught
from scoreboard.data.rated_movies import RatedMovies


@dataclasses.dataclass(frozen=True, kw_only=True)
class Subject:
    """What is audited.

    Attributes:
        rated: Ratings with their splits.
        recipe: How features are made of them.
        tables: The features by split.
        folder: Scratch.
        rebuilds: What `rebuilt` has made, by name.
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
        """Makes the features that every audit compares with."""
        recipe = recipe or Recipe()
        tables = build(rated, recipe, folder / "original")
        return cls(rated=rated, recipe=recipe, tables=tables, folder=folder)

    def rebuilt(self, rated: RatedMovies, name: str) -> Tables:
        """The features of changed ratings, made by the same recipe; once for each name."""
        if name not in self.rebuilds:
            self.rebuilds[name] = build(rated, self.recipe, self.folder / name)
        return self.rebuilds[name]


Audit = Callable[[Subject], list[str]]
"""Says what depends on what it must not; of an honest subject, nothing."""

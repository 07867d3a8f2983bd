"""Which versions of a model lie in its folder, and which of them to serve.

sources/storage_path/file_system_storage_path_source.cc: a version is a child whose name is a
number. It is not checked to be a folder or complete; a half-copied one is tried and fails to load.
"""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from serving.versions import version_number

_LOG: Final = logging.getLogger(__name__)


class VersionPolicy(Protocol):
    """Chooses the versions to serve among those in the folder."""

    def aspired(self, found: Collection[int]) -> set[int]:
        """The versions that should be served."""
        ...


@dataclass(frozen=True, kw_only=True)
class LatestVersions:
    """Serves the highest `count` versions; a count of 0 means 1, as in TensorFlow Serving.

    >>> sorted(LatestVersions(count=2).aspired([7, 9, 8]))
    [8, 9]
    """

    count: int = 1

    def aspired(self, found: Collection[int]) -> set[int]:
        """The highest `count` of the versions found."""
        return set(sorted(found)[-max(1, self.count) :])


class AllVersions:
    """Serves every version.

    >>> sorted(AllVersions().aspired([7, 9]))
    [7, 9]
    """

    def aspired(self, found: Collection[int]) -> set[int]:
        """All versions found."""
        return set(found)


@dataclass(frozen=True, kw_only=True)
class SpecificVersions:
    """Serves the versions named, as far as they are there.

    >>> SpecificVersions(versions=frozenset({7, 8})).aspired([7, 9])
    {7}
    """

    versions: frozenset[int]

    def aspired(self, found: Collection[int]) -> set[int]:
        """Those of the named versions that were found; a missing one is logged."""
        for missing in sorted(self.versions.difference(found)):
            _LOG.warning("Version %d is to be served but was not found.", missing)
        return set(self.versions.intersection(found))


@dataclass(frozen=True, kw_only=True)
class ModelSource:
    """A model's name, the folder its versions are pushed to, and the versions to serve of them."""

    name: str
    base_path: Path
    policy: VersionPolicy = field(default_factory=LatestVersions)

    def scan(self) -> dict[int, Path]:
        """The versions to serve now, with their folders.

        Raises:
            OSError: the base path is missing or cannot be read.
        """
        found = {}
        for child in self.base_path.iterdir():
            version = version_number(child.name)
            if version is not None:
                found[version] = child
        return {version: found[version] for version in self.policy.aspired(found)}


def scan_all(sources: Iterable[ModelSource]) -> dict[str, dict[int, Path]]:
    """The versions to serve of every model, with their folders.

    Raises:
        OSError: a base path is missing or cannot be read; it tells which.
    """
    found = {}
    for source in sources:
        try:
            found[source.name] = source.scan()
        except OSError as error:
            raise OSError(
                f"Could not find base path {source.base_path} for servable {source.name} with "
                f"error {error}"
            ) from error
    return found

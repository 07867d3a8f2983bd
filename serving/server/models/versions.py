"""Which versions of a model lie in its folder, and which of them to serve.

sources/storage_path/file_system_storage_path_source.cc: a version is a child whose name is a
number. It need not be a folder, or complete: a half-copied one is tried and fails to load.
"""

import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from serving.protos import file_system_storage_path_source_pb2
from serving.versions import version_number

_LOG: Final = logging.getLogger(__name__)
VersionPolicy: Final = (
    file_system_storage_path_source_pb2.FileSystemStoragePathSourceConfig.ServableVersionPolicy
)


class ModelSource(NamedTuple):
    """A model to serve."""

    name: str
    base_path: Path  # the folder that versions are pushed to
    policy: Any = VersionPolicy()  # which of the versions to serve
    labels: Mapping[str, int] = {}  # the version that each label stands for

    def scan(self) -> dict[int, Path]:
        """The folders of the versions to serve now; an OSError names the missing base path."""
        found = {}
        try:
            for child in self.base_path.iterdir():
                version = version_number(child.name)
                if version is not None:
                    found[version] = child
        except OSError as error:
            raise OSError(
                f"Could not find base path {self.base_path} for servable {self.name} with "
                f"error {error}"
            ) from error
        return {version: found[version] for version in aspired_versions(self.policy, found)}


def aspired_versions(policy: Any, found: Collection[int]) -> set[int]:
    """The versions to serve of those that were found.

    As in TensorFlow Serving, a policy without a choice, or for the latest 0, serves the latest one.

    >>> sorted(aspired_versions(VersionPolicy(latest={"num_versions": 2}), [7, 9, 8]))
    [8, 9]
    """
    choice = policy.WhichOneof("policy_choice")
    if choice == "all":
        return set(found)
    if choice == "specific":
        wanted = set(policy.specific.versions)
        for missing in sorted(wanted.difference(found)):
            _LOG.warning("Version %d is to be served but was not found.", missing)
        return wanted.intersection(found)
    return set(sorted(found)[-max(1, policy.latest.num_versions) :])

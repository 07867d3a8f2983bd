"""TFX's cache after the output folder was moved."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tfx import types
from tfx.orchestration.portable import cache_utils

from pipeline.store.relocation import renamer


@contextmanager
def cached_as_in(home: Path, output: Path) -> Iterator[None]:
    """Has TFX look into its cache as if the output folder still were where it was first.

    TFX's key of a node's execution is made of all that goes into it, absolute paths included.

    Args:
        home: Where the output folder was first.
        output: Where it is.
    """
    key_of, rename = cache_utils.get_cache_context, renamer(output, home)

    def key_as_in_home(*, input_artifacts: Any, parameters: Any, **more: Any) -> Any:
        return key_of(
            input_artifacts={
                key: [_renamed(each, rename) for each in artifacts]
                for key, artifacts in input_artifacts.items()
            },
            parameters={
                key: rename(value) if isinstance(value, str) else value
                for key, value in parameters.items()
            },
            **more,
        )

    cache_utils.get_cache_context = key_as_in_home
    try:
        yield
    finally:
        cache_utils.get_cache_context = key_of


def _renamed(artifact: types.Artifact, rename: Callable[[str], str]) -> types.Artifact:
    renamed = copy.deepcopy(artifact)
    proto = renamed.mlmd_artifact
    proto.uri = rename(proto.uri)
    for properties in (proto.properties, proto.custom_properties):
        for value in properties.values():
            if value.HasField("string_value"):
                value.string_value = rename(value.string_value)
    return renamed

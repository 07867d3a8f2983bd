"""Follows an output folder that was moved or copied.

The metadata store names artifacts by absolute paths. SQLite's file moves with the folder, and then
names files that are gone or, in a copy, those of the original.
"""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2

from pipeline.config import PipelineConfig
from pipeline.store.connection import sqlite_file
from pipeline.store.ledger import artifacts_of_pipeline

HOME_CONTEXT: Final = "movielens.home"
OUTPUT: Final = "output"
# Columns of ML Metadata's tables that hold paths.
_COLUMNS: Final = (
    ("Artifact", "uri"),
    ("ArtifactProperty", "string_value"),
    ("ExecutionProperty", "string_value"),
)


def follow_move(store: MetadataStore, config: PipelineConfig) -> Path | None:
    """Makes SQLite's file name the artifacts where they are now.

    By SQL: ML Metadata would record a new time of change, and TFX's cache takes a changed artifact
    for a new one. Returns where the output folder was before; None if it has not moved or a server
    keeps the store.
    """
    file = sqlite_file(config)
    if file is None:
        return None
    name = config.pipeline.name
    within = f"/{config.pipeline_root.name}/"
    parts = (each.uri.rpartition(within) for each in artifacts_of_pipeline(store, name))
    others = {Path(output) for output, found, _ in parts if found} - {config.output}
    # One store may serve several folders: what was there is ours if the store is in our folder, or
    # if we have artifacts and the other folder is gone.
    is_ours = file.is_relative_to(config.output)
    earlier = sorted(
        each for each in others if is_ours or (config.pipeline_root.exists() and not each.exists())
    )
    for output in earlier:
        if home_of(store, name) is None:
            put_home(store, name, output)
        _rewrite(file, renamer(output, config.output))
    return earlier[-1] if earlier else None


def home_of(store: MetadataStore, pipeline_name: str) -> Path | None:
    """Returns the output folder that a pipeline first ran in; None if that is not recorded."""
    known = store.get_context_by_type_and_name(HOME_CONTEXT, pipeline_name)
    return None if known is None else Path(known.custom_properties[OUTPUT].string_value)


def put_home(store: MetadataStore, pipeline_name: str, output: Path) -> None:
    """Records the output folder that a pipeline first ran in."""
    home = metadata_store_pb2.Context(name=pipeline_name)
    home.type_id = store.put_context_type(metadata_store_pb2.ContextType(name=HOME_CONTEXT))
    home.custom_properties[OUTPUT].string_value = str(output)
    store.put_contexts([home])


def renamer(old: Path, new: Path) -> Callable[[str], str]:
    """Returns a function that replaces one folder by another, in a path and in paths within JSON.

    >>> rename = renamer(Path("/a/out"), Path("/b"))
    >>> rename("/a/out/pipeline_root"), rename("/a/output"), rename('{"base": "/a/out"}')
    ('/b/pipeline_root', '/a/output', '{"base": "/b"}')
    """
    quoted_old, quoted_new = (json.dumps(str(path))[1:-1] for path in (old, new))
    path = re.compile(rf"^{re.escape(str(old))}(?=/|$)")
    quoted = re.compile(rf'(?<="){re.escape(quoted_old)}(?=[/"\\])')
    return lambda text: quoted.sub(lambda _: quoted_new, path.sub(lambda _: str(new), text))


def _rewrite(file: Path, rename: Callable[[str], str]) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.create_function("renamed", 1, lambda text: text and rename(text))
        for table, column in _COLUMNS:
            connection.execute(
                f"UPDATE {table} SET {column} = renamed({column}) "  # noqa: S608 - our own names
                f"WHERE {column} != renamed({column})"
            )

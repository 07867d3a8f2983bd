"""Writes a schema artifact."""

from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.schema_gen.executor import DEFAULT_FILE_NAME
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils


class Executor(base_executor.BaseExecutor):
    """Turns the text of a schema into an artifact."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes the schema.

        Args:
            input_dict: empty.
            output_dict: `schema`, which gets the file.
            exec_properties: `schema_text`, a `Schema` proto in text format.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        folder = Path(artifact_utils.get_single_uri(output_dict["schema"]))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / DEFAULT_FILE_NAME).write_text(exec_properties["schema_text"], encoding="utf-8")

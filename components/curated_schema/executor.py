"""Writes the schema artifact."""

from pathlib import Path

from tfx.components.schema_gen.executor import DEFAULT_FILE_NAME
from tfx.dsl.components.base import base_executor

from components.interface import Artifacts, Options


class Executor(base_executor.BaseExecutor):
    """Writes `schema_text` to the artifact `schema`."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: Options) -> None:  # noqa: ARG002
        (schema,) = output_dict["schema"]
        folder = Path(schema.uri)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / DEFAULT_FILE_NAME).write_text(exec_properties["schema_text"], encoding="utf-8")

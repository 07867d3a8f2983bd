"""`ImportSchemaGen` whose cache key holds the schema's content, not only its path."""

import hashlib
from pathlib import Path

from tfx import types
from tfx.components.schema_gen.import_schema_gen import executor
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter


class CuratedSchemaSpec(types.ComponentSpec):
    """The contract of `ImportSchemaGen`, and the hash of the file."""

    PARAMETERS = {  # noqa: RUF012 - TFX reads it as a plain dict
        "schema_file": ExecutionParameter(type=str),
        "schema_sha256": ExecutionParameter(type=str),
    }
    INPUTS: dict[str, ChannelParameter] = {}  # noqa: RUF012
    OUTPUTS = {"schema": ChannelParameter(type=standard_artifacts.Schema)}  # noqa: RUF012


class CuratedSchema(base_component.BaseComponent):
    """Copies a hand-written schema into the pipeline.

    The stock `ImportSchemaGen` is cached by the path of the file, so that an edit of the file would
    not be seen. Here its hash is an execution property.

    Outputs:
        schema: a `standard_artifacts.Schema`.
    """

    SPEC_CLASS = CuratedSchemaSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, schema_file: Path):
        """Declares the node.

        Args:
            schema_file: a `Schema` proto in text format.

        Raises:
            FileNotFoundError: there is no such file.
        """
        super().__init__(
            CuratedSchemaSpec(
                schema_file=str(schema_file),
                schema_sha256=hashlib.sha256(schema_file.read_bytes()).hexdigest(),
                schema=types.Channel(type=standard_artifacts.Schema),
            )
        )

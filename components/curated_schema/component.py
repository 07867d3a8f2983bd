"""A hand-written schema as an artifact of the pipeline."""

from pathlib import Path

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.curated_schema import executor


class CuratedSchemaSpec(types.ComponentSpec):
    """The schema as text in, as an artifact out."""

    PARAMETERS = {"schema_text": ExecutionParameter(type=str)}  # noqa: RUF012 - TFX reads plain dicts
    INPUTS: dict[str, ChannelParameter] = {}  # noqa: RUF012
    OUTPUTS = {"schema": ChannelParameter(type=standard_artifacts.Schema)}  # noqa: RUF012


class CuratedSchema(base_component.BaseComponent):
    """Puts a hand-written schema into the pipeline.

    The stock `ImportSchemaGen` takes the path of a file. The cache would not notice an edit of the
    file, and a pipeline that runs in containers would not find it. Here the text itself is the
    execution property.

    Outputs:
        schema: A `standard_artifacts.Schema`.
    """

    SPEC_CLASS = CuratedSchemaSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, schema_file: Path):
        """Declares the node.

        Args:
            schema_file: A `Schema` proto in text format, read now.

        Raises:
            FileNotFoundError: There is no such file.
            google.protobuf.text_format.ParseError: The file holds no schema.
        """
        text = schema_file.read_text(encoding="utf-8")
        text_format.Parse(text, schema_pb2.Schema())
        schema = types.Channel(type=standard_artifacts.Schema)
        super().__init__(CuratedSchemaSpec(schema_text=text, schema=schema))

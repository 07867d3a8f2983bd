"""A hand-written schema as an artifact of the pipeline."""

from pathlib import Path

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.dsl.components.base import executor_spec
from tfx.types import standard_artifacts

from components.curated_schema import executor
from components.interface import Component, component_spec


class CuratedSchema(Component):
    """Puts a hand-written schema (a `Schema` proto in text format) into the pipeline.

    The stock `ImportSchemaGen` takes the path of a file. The cache would not notice an edit of the
    file, and a pipeline that runs in containers would not find it. Here the file is read now, and
    its text is the execution property.
    """

    SPEC_CLASS = component_spec(
        inputs={},
        options={"schema_text": str},
        outputs={"schema": standard_artifacts.Schema},
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, schema_file: Path):
        text = schema_file.read_text(encoding="utf-8")
        text_format.Parse(text, schema_pb2.Schema())  # raises if the file holds no schema
        super().__init__(schema_text=text)

"""The driver of MovieLensExampleGen: which spans a run reads.

TFX's own driver takes one span. Here the newest span of a range is resolved as TFX does, and the
spans before it are added. TFX's cache goes by names, sizes and times of files; here it goes by
their contents.
"""

import json
import logging
from typing import Any, Final

from tfx.components.example_gen import driver, utils
from tfx.orchestration import data_types
from tfx.proto import example_gen_pb2, range_config_pb2
from tfx.types import standard_component_specs
from tfx.utils import proto_utils

from components.interface import Options
from movielens.errors import MissingSpanError
from movielens.reading.source import content_fingerprint

FOLDERS_KEY: Final = "folders"


class Driver(driver.FileBasedDriver):
    """Resolves the range of spans to folders."""

    def resolve_exec_properties(
        self,
        exec_properties: Options,
        pipeline_info: data_types.PipelineInfo,  # noqa: ARG002 - TFX's driver ignores both, too
        component_info: data_types.ComponentInfo,  # noqa: ARG002
    ) -> Options:
        """Returns the properties as TFX's driver resolves them for the last span, and `folders`.

        `folders` is JSON of the folders to read, the oldest first, without those spans of the range
        that were never delivered.
        """
        asked = exec_properties.get(standard_component_specs.RANGE_CONFIG_KEY)
        length, last = _range(asked)
        try:
            resolved = self._resolved(exec_properties, last)
        except ValueError as error:
            base = exec_properties[standard_component_specs.INPUT_BASE_KEY]
            of_span = ""
            if last is not None and last.HasField("static_range"):
                of_span = f" of span {last.static_range.end_span_number}"
            raise MissingSpanError(
                f"{base}/{_pattern(exec_properties)} matches no file{of_span}: {error}. Deliver "
                "it, or ask for another span (`movielens run --span N`)."
            ) from error
        newest = resolved[utils.SPAN_PROPERTY_NAME]
        folders = [_folder(resolved)]
        for span in range(newest - 1, max(-1, newest - length), -1):
            try:
                earlier = self._resolved(exec_properties, spans(span, span))
            except ValueError as error:
                logging.warning("Span %d of the window is left out: %s", span, error)
                continue
            folders.append(_folder(earlier))
        resolved[FOLDERS_KEY] = json.dumps(folders[::-1])
        resolved[utils.FINGERPRINT_PROPERTY_NAME] = ";".join(map(content_fingerprint, folders))
        return resolved | {standard_component_specs.RANGE_CONFIG_KEY: asked}

    def _resolved(
        self, exec_properties: Options, single: range_config_pb2.RangeConfig | None
    ) -> dict[str, Any]:
        """Returns the properties as TFX's driver resolves them for one span, or without spans."""
        asked = single and proto_utils.proto_to_json(single)
        resolved: dict[str, Any] = super().resolve_exec_properties(
            exec_properties | {standard_component_specs.RANGE_CONFIG_KEY: asked}, None, None
        )
        return resolved


def spans(first: int, last: int) -> range_config_pb2.RangeConfig:
    """Returns the range from one span to another, both included."""
    return range_config_pb2.RangeConfig(
        static_range={"start_span_number": max(0, first), "end_span_number": last}
    )


def last_spans(number: int) -> range_config_pb2.RangeConfig:
    """Returns the range of the newest spans, as many as `number`."""
    return range_config_pb2.RangeConfig(rolling_range={"num_spans": number})


def _range(asked: str | None) -> tuple[int, range_config_pb2.RangeConfig | None]:
    """Returns how many spans a range has, and its last span alone, as TFX's driver takes it."""
    if not asked:
        return 1, None
    given = range_config_pb2.RangeConfig()
    proto_utils.json_to_proto(asked, given)
    if given.HasField("rolling_range"):
        return given.rolling_range.num_spans, last_spans(1)
    first, last = given.static_range.start_span_number, given.static_range.end_span_number
    return last - first + 1, spans(last, last)


def _pattern(exec_properties: Options) -> str:
    config = example_gen_pb2.Input()
    proto_utils.json_to_proto(exec_properties[standard_component_specs.INPUT_CONFIG_KEY], config)
    return str(config.splits[0].pattern)


def _folder(resolved: Options) -> str:
    """Returns the folder that was resolved: the base, and the span's folders below it."""
    folders = _pattern(resolved).rpartition("/")[0]
    base: str = resolved[standard_component_specs.INPUT_BASE_KEY]
    return f"{base}/{folders}" if folders else base

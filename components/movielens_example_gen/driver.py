"""The driver of MovieLensExampleGen: which spans a run reads.

TFX's own driver takes one span. A range of more of them is this one's: the newest is resolved as
ever and names the examples; those before it come along. And TFX decides by names, sizes and times
of files whether the cache answers; here it is what is in them.
"""

import json
import logging
from typing import Any, Final

from tfx.components.example_gen import driver, utils
from tfx.orchestration import data_types
from tfx.proto import example_gen_pb2, range_config_pb2
from tfx.types import standard_component_specs
from tfx.utils import proto_utils

from movielens.errors import MissingSpanError
from movielens.reading.source import content_fingerprint

FOLDERS_KEY: Final = "folders"


class Driver(driver.FileBasedDriver):
    """Resolves the range of spans to folders."""

    def resolve_exec_properties(
        self,
        exec_properties: dict[str, Any],
        pipeline_info: data_types.PipelineInfo,
        component_info: data_types.ComponentInfo,
    ) -> dict[str, Any]:
        """Fills in what the run reads.

        Args:
            exec_properties: the component's; `range_config` may be a rolling range of several
                spans, or a static one from its first to its last span.
            pipeline_info: not looked at.
            component_info: not looked at.

        Returns:
            The properties, as TFX's driver resolves them for the last span, and `folders`: JSON of
            those to read, the oldest first. Spans of the range that nobody delivered are left out.

        Raises:
            MissingSpanError: the last span of the range cannot be found.
            SourceError: a folder is in no known layout.
        """
        del pipeline_info, component_info  # TFX's driver does not look at them either
        asked = exec_properties.get(standard_component_specs.RANGE_CONFIG_KEY)
        length, last = _range(asked)
        try:
            resolved = self._resolved(exec_properties, last)
        except ValueError as error:
            base = exec_properties[standard_component_specs.INPUT_BASE_KEY]
            pattern = _input(exec_properties).splits[0].pattern
            raise MissingSpanError(
                f"{base}/{pattern} matches no file{_of_span(last)}: {error}. Deliver it, or ask "
                "for another span (`movielens run --span N`)."
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
        self, exec_properties: dict[str, Any], single: range_config_pb2.RangeConfig | None
    ) -> dict[str, Any]:
        """The properties as TFX's driver resolves them for one span, or where there are none."""
        asked = single and proto_utils.proto_to_json(single)
        resolved: dict[str, Any] = super().resolve_exec_properties(
            exec_properties | {standard_component_specs.RANGE_CONFIG_KEY: asked}, None, None
        )
        return resolved


def spans(first: int, last: int) -> range_config_pb2.RangeConfig:
    """The range from one span to another, both included."""
    return range_config_pb2.RangeConfig(
        static_range=range_config_pb2.StaticRange(
            start_span_number=max(0, first), end_span_number=last
        )
    )


def last_spans(number: int) -> range_config_pb2.RangeConfig:
    """The newest spans, as many."""
    return range_config_pb2.RangeConfig(
        rolling_range=range_config_pb2.RollingRange(num_spans=number)
    )


def _range(asked: str | None) -> tuple[int, range_config_pb2.RangeConfig | None]:
    """How many spans a range has, and the range of its last one alone, as TFX's driver takes it."""
    if not asked:
        return 1, None
    given = range_config_pb2.RangeConfig()
    proto_utils.json_to_proto(asked, given)
    if given.HasField("rolling_range"):
        return given.rolling_range.num_spans, last_spans(1)
    first, last = given.static_range.start_span_number, given.static_range.end_span_number
    return last - first + 1, spans(last, last)


def _of_span(single: range_config_pb2.RangeConfig | None) -> str:
    """Names the span of a range that has a number."""
    if single is not None and single.HasField("static_range"):
        return f" of span {single.static_range.end_span_number}"
    return ""


def _input(exec_properties: dict[str, Any]) -> example_gen_pb2.Input:
    input_config = example_gen_pb2.Input()
    proto_utils.json_to_proto(
        exec_properties[standard_component_specs.INPUT_CONFIG_KEY], input_config
    )
    return input_config


def _folder(resolved: dict[str, Any]) -> str:
    """The folder that was resolved: the base, and the span's folders below it."""
    folders = _input(resolved).splits[0].pattern.rpartition("/")[0]
    base: str = resolved[standard_component_specs.INPUT_BASE_KEY]
    return f"{base}/{folders}" if folders else base

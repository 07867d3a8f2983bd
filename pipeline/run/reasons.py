"""What earlier runs left in the metadata store: why a node runs again."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from ml_metadata.proto import metadata_store_pb2
from tfx import types
from tfx.orchestration import metadata
from tfx.orchestration.portable.mlmd import execution_lib
from tfx.proto.orchestration import pipeline_pb2

_Execution: TypeAlias = metadata_store_pb2.Execution
_FINISHED: Final = (_Execution.COMPLETE, _Execution.CACHED)
_INTERNAL_PREFIX: Final = "__"
_MOST_OPTIONS: Final = 3  # named one by one
_FINGERPRINTS: Final = ("fingerprint", "code_fingerprint")
# The driver of what reads files writes these, on the execution only if it is not cached; the
# fingerprint, and where there are spans the others, on the output too.
_INPUT_PROPERTIES: Final = ("input_fingerprint", "span", "version", "files")


def explain(
    handle: metadata.Metadata, node: pipeline_pb2.PipelineNode, execution: _Execution
) -> str:
    """Says why a node ran, or why it did not have to.

    Args:
        handle: the open metadata store.
        node: the node in the compiled pipeline.
        execution: its execution of this run.
    """
    if execution.last_known_state == _Execution.CACHED:
        return "inputs, options and code are unchanged"
    if node.node_info.type.name.endswith(".Resolver"):
        return "looked up anew in every run"
    context = next(c for c in node.contexts.contexts if c.type.name == "node")
    name = context.name.field_value.string_value
    store = handle.store
    known = store.get_context_by_type_and_name("node", name)
    earlier = [e for e in store.get_executions_by_context(known.id) if e.id != execution.id]
    if not earlier:
        return "first run"
    finished = [e for e in earlier if e.last_known_state in _FINISHED]
    if not finished:
        return "no earlier attempt finished"
    last = max(finished, key=lambda e: e.id)
    changes = list(_changes(handle, node, last, execution))
    return "; ".join(changes) or "its earlier output is gone"


def outputs_of(handle: metadata.Metadata, execution_id: int) -> Mapping[str, list[types.Artifact]]:
    """Reads the artifacts that an execution made or, if it was answered from the cache, reused."""
    artifacts = execution_lib.get_output_artifacts(handle, execution_id)
    return {key: list(values) for key, values in artifacts.items()}


def _changes(
    handle: metadata.Metadata,
    node: pipeline_pb2.PipelineNode,
    before: _Execution,
    after: _Execution,
) -> Iterator[str]:
    yield from option_changes(before, after)
    was, now = (_input_ids(handle, execution.id) for execution in (before, after))
    producers = {
        channel.producer_node_query.id
        for key, spec in node.inputs.inputs.items()
        if was.get(key) != now.get(key)
        for channel in spec.channels
        if channel.producer_node_query.id
    }
    if producers:
        yield f"new output of {', '.join(sorted(producers))}"
    if _input_properties(handle, before.id) != _input_properties(handle, after.id):
        yield "the input files changed"


def option_changes(before: _Execution, after: _Execution) -> Iterator[str]:
    """Names what differs between the execution properties of two executions of a node.

    Args:
        before: the earlier execution.
        after: the later one.

    Yields:
        That the code changed, and the options that did, with both values.
    """
    old, new = _properties(before), _properties(after)
    paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    if any(path.endswith(_FINGERPRINTS) for path in paths):
        yield "its code changed"
    options = [path for path in paths if not path.endswith(_FINGERPRINTS)]
    for path in options[:_MOST_OPTIONS]:
        yield f"{path}: {_short(old.get(path))} -> {_short(new.get(path))}"
    if len(options) > _MOST_OPTIONS:
        yield f"{len(options) - _MOST_OPTIONS} more options changed"


def _properties(execution: _Execution) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for properties in (execution.properties, execution.custom_properties):
        for key, value in properties.items():
            if not key.startswith(_INTERNAL_PREFIX) and key not in _INPUT_PROPERTIES:
                _flatten(key, getattr(value, value.WhichOneof("value") or "string_value"), flat)
    return flat


def _flatten(path: str, value: Any, into: dict[str, Any]) -> None:
    """Takes nested JSON apart, that written into strings too, so that a change can be named."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            into[path] = value
            return
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in items:
            _flatten(f"{path}.{key}", each, into)
    else:
        into[path] = value


def _input_ids(handle: metadata.Metadata, execution_id: int) -> dict[str, list[int]]:
    artifacts = execution_lib.get_input_artifacts(handle, execution_id)
    return {key: sorted(each.id for each in values) for key, values in artifacts.items()}


def _input_properties(handle: metadata.Metadata, execution_id: int) -> set[tuple[str, str]]:
    return {
        (name, str(artifact.get_custom_property(name)))
        for values in outputs_of(handle, execution_id).values()
        for artifact in values
        for name in _INPUT_PROPERTIES
        if artifact.has_custom_property(name)
    }


def _short(value: Any) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."

"""Why a node ran, did not have to run, or failed."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2
from tfx import types
from tfx.orchestration import metadata
from tfx.orchestration.portable.mlmd import execution_lib
from tfx.proto.orchestration import pipeline_pb2

_Execution: TypeAlias = metadata_store_pb2.Execution
_FINISHED: Final = (_Execution.COMPLETE, _Execution.CACHED)
_MOST_OPTIONS: Final = 3  # named one by one
_FINGERPRINTS: Final = ("fingerprint", "code_fingerprint")
# What the driver of a node that reads files adds: to the execution unless it is cached, and to the
# output the fingerprint and, if there are spans, the others.
_INPUT_PROPERTIES: Final = ("input_fingerprint", "span", "version", "files", "folders")

# The end of a traceback: `package.module.SomeError: what was wrong`, over one line or several.
_RAISED: Final = re.compile(
    r"^\s*(?P<type>[A-Za-z_][\w.]*(?:Error|Exception)): (?P<message>.+)", re.MULTILINE | re.DOTALL
)
_NEXT_TRACEBACK: Final = re.compile(r"^(?:During handling|The above exception|Traceback)", re.M)
# Beam adds the step in which the error came up, TensorFlow colours its messages.
_NOISE: Final = re.compile(r"\s*\[while running '.*?'\]|\x1b\[\d*m", re.DOTALL)
_NO_SPACE: Final = re.compile(
    r"No space left on device|database or disk is full|RESOURCE_EXHAUSTED.*space", re.IGNORECASE
)
_OUR_PACKAGES: Final = (
    "components.",
    "movielens.",
    "pipeline.",
    "trainer_module.",
    "transform_module.",
)
_LONGEST_MESSAGE: Final = 600


def explain(
    handle: metadata.Metadata, node: pipeline_pb2.PipelineNode, execution: _Execution
) -> str:
    """Says why a node ran, or why it did not have to; `execution` is its execution of this run."""
    if execution.last_known_state == _Execution.CACHED:
        return "inputs, options and code are unchanged"
    if node.node_info.type.name.endswith(".Resolver"):
        return "looked up anew in every run"
    store = handle.store
    known = store.get_context_by_type_and_name("node", context_name(node))
    earlier = [e for e in store.get_executions_by_context(known.id) if e.id != execution.id]
    if not earlier:
        return "first run"
    finished = [e for e in earlier if e.last_known_state in _FINISHED]
    if not finished:
        return "no earlier attempt finished"
    last = max(finished, key=lambda e: e.id)
    changes = list(_changes(handle, node, last, execution))
    return "; ".join(changes) or "its earlier output is gone"


def keep_beam_args(store: MetadataStore, execution_id: int, args: Iterable[str]) -> None:
    """Adds a node's Beam arguments, if it has any, to the options of its execution.

    They are part of the key of TFX's cache, but TFX does not store them.
    """
    if options := list(args):
        (execution,) = store.get_executions_by_id([execution_id])
        execution.custom_properties["beam.args"].string_value = json.dumps(options)
        store.put_executions([execution])


def context_name(node: pipeline_pb2.PipelineNode) -> str:
    """Returns the name of the context of all executions of a node."""
    context = next(each for each in node.contexts.contexts if each.type.name == "node")
    return str(context.name.field_value.string_value)


def outputs_of(handle: metadata.Metadata, execution_id: int) -> Mapping[str, list[types.Artifact]]:
    """Returns the artifacts that an execution made or took from the cache, by output key."""
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
    """Says what differs in the options of two executions of a node: code, and values."""
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
            # `__` marks records of TFX and of ours, which are no options.
            if not key.startswith("__") and key not in _INPUT_PROPERTIES:
                _flatten(key, getattr(value, value.WhichOneof("value") or "string_value"), flat)
    return flat


def _flatten(path: str, value: Any, into: dict[str, Any]) -> None:
    """Takes nested JSON apart, also JSON written into strings, so that a change can be named."""
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


def describe_failure(error: BaseException, output: Path) -> str:
    """Says in one line why a node failed.

    Beam and TFX wrap what user code raises, often as text only. The innermost error is reported, or
    one of the project's own without its type's name, because its message is written for the user.
    `output` is the folder that the run writes to, named if the disk is full.
    """
    chain = list(_chain(error))
    if any(_NO_SPACE.search(str(each)) for each in chain):
        return f"disk full: no space left for {output}; free some and run the same command again"
    for each in reversed(chain):
        if type(each).__module__.startswith(_OUR_PACKAGES):
            return _one_line(str(each))
    return _innermost(chain[-1])


def _innermost(error: BaseException) -> str:
    """Looks for a traceback that was turned into text; the first error in it is the cause."""
    text = _NOISE.sub("", str(error))
    raised = _RAISED.search(text)
    if raised is None:
        return _one_line(f"{type(error).__name__}: {text}")
    message = _NEXT_TRACEBACK.split(raised["message"], maxsplit=1)[0]
    if raised["type"].startswith(_OUR_PACKAGES):
        return _one_line(message)
    return _one_line(f"{raised['type'].rpartition('.')[2]}: {message}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        explicit = current.__cause__
        current = explicit or (None if current.__suppress_context__ else current.__context__)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}..."

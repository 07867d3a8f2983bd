"""Mends what ML Metadata 1.17, and TFX 1.21 with it, get wrong on PostgreSQL.

Strings. ML Metadata escapes a string by `PQescapeLiteral` of libpq and cuts off the first and the
last character, to put quotes of its own around. Where a string holds a backslash libpq makes
` E'...'` of it, which leaves `E'...`: the statement is no SQL any more. Nested JSON is full of
backslashes, so that no run gets past its ExampleGen, and so are the messages of failed nodes. Here
a character of Unicode's private use stands for the backslash in the database.

Order. What is asked for by id comes back in whatever order PostgreSQL finds it; SQLite and MySQL go
by id. TFX counts on that where it reads a cached node's outputs
(`tfx.orchestration.portable.cache_utils`): of a cached Transform, the examples went for the graph.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2

_BACKSLASH: Final = "\\"
_STAND_IN: Final = "\ue05c"
# Of each request by ids, the field of the ids and the field of the answer.
_ASKED_BY_ID: Final = {
    "GetArtifactsByIDRequest": ("artifact_ids", "artifacts"),
    "GetExecutionsByIDRequest": ("execution_ids", "executions"),
    "GetContextsByIDRequest": ("context_ids", "contexts"),
}


def mend_postgresql() -> None:
    """Mends ML Metadata in this process, TFX's use of it too, for stores on PostgreSQL."""
    if not hasattr(MetadataStore._pywrap_cc_call, "__wrapped__"):
        MetadataStore._pywrap_cc_call = _mended(MetadataStore._pywrap_cc_call)


def _mended(call: Callable[[Any, Any, Any, Any], None]) -> Callable[[Any, Any, Any, Any], None]:
    @wraps(call)
    def mended(store: Any, method: Any, request: Any, response: Any) -> None:
        config = store._config
        if not (
            isinstance(config, metadata_store_pb2.ConnectionConfig)
            and config.HasField("postgresql")
        ):
            call(store, method, request, response)
            return
        replaced = type(request)()
        replaced.CopyFrom(request)
        replace_in_strings(replaced, _BACKSLASH, _STAND_IN)
        call(store, method, replaced, response)
        replace_in_strings(response, _STAND_IN, _BACKSLASH)
        order_as_asked(replaced, response)

    return mended


def order_as_asked(request: Message, response: Message) -> None:
    """Sorts what was asked for by ids into the order of these ids.

    Args:
        request: any; one that does not ask by ids leaves its answer as it came.
        response: the answer, changed in place.
    """
    if request.DESCRIPTOR.name in _ASKED_BY_ID:
        ids, found = _ASKED_BY_ID[request.DESCRIPTOR.name]
        places = {each: place for place, each in enumerate(getattr(request, ids))}
        getattr(response, found).sort(key=lambda each: places[each.id])


def replace_in_strings(message: Message, old: str, new: str) -> None:
    """Replaces text in every string of a message, and of the messages within it.

    Args:
        message: changed in place.
        old: what to replace.
        new: what to put there.
    """
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            _replace_in_messages(field, value, old, new)
        elif field.type == FieldDescriptor.TYPE_STRING:
            if field.is_repeated:
                value[:] = [each.replace(old, new) for each in value]
            elif old in value:
                setattr(message, field.name, value.replace(old, new))


def _replace_in_messages(field: Any, value: Any, old: str, new: str) -> None:
    if not field.is_repeated:
        replace_in_strings(value, old, new)
    elif not field.message_type.GetOptions().map_entry:
        for each in value:
            replace_in_strings(each, old, new)
    elif field.message_type.fields_by_name["value"].type == FieldDescriptor.TYPE_MESSAGE:
        for each in value.values():
            replace_in_strings(each, old, new)

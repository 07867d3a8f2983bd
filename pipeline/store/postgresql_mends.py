"""Works around two faults of ML Metadata 1.17, and of TFX 1.21 on it, on PostgreSQL.

Strings. ML Metadata escapes a string by libpq's `PQescapeLiteral` and cuts off the first and the
last character to put its own quotes around it. If a string holds a backslash, libpq makes it
` E'...'`, and `E'...` is no valid SQL. Nested JSON and the messages of failed nodes are full of
backslashes, so no run gets past its ExampleGen. Here a character of Unicode's private use stands
for the backslash in the database.

Order. PostgreSQL returns what is asked for by id in any order; SQLite and MySQL go by id. TFX
relies on that when it reads a cached node's outputs (`tfx.orchestration.portable.cache_utils`): it
took a cached Transform's examples for its graph.
"""

from functools import wraps
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from ml_metadata import MetadataStore

_BACKSLASH: Final = "\\"
_STAND_IN: Final = "\ue05c"
# For each request by ids: the field with the ids, and the field with the answers.
_ASKED_BY_ID: Final = {
    "GetArtifactsByIDRequest": ("artifact_ids", "artifacts"),
    "GetExecutionsByIDRequest": ("execution_ids", "executions"),
    "GetContextsByIDRequest": ("context_ids", "contexts"),
}


def mend_postgresql() -> None:
    """Applies the workarounds to ML Metadata in this process, for stores on PostgreSQL only."""
    call = MetadataStore._pywrap_cc_call
    if hasattr(call, "__wrapped__"):
        return

    @wraps(call)
    def mended(store: Any, method: Any, request: Any, response: Any) -> None:
        if not store._config.HasField("postgresql"):
            call(store, method, request, response)
            return
        replaced = type(request)()
        replaced.CopyFrom(request)
        replace_in_strings(replaced, _BACKSLASH, _STAND_IN)
        call(store, method, replaced, response)
        replace_in_strings(response, _STAND_IN, _BACKSLASH)
        order_as_asked(replaced, response)

    MetadataStore._pywrap_cc_call = mended


def order_as_asked(request: Message, response: Message) -> None:
    """Sorts a response in place into the order of the ids in its request, if it has any."""
    if request.DESCRIPTOR.name in _ASKED_BY_ID:
        ids, found = _ASKED_BY_ID[request.DESCRIPTOR.name]
        places = {each: place for place, each in enumerate(getattr(request, ids))}
        getattr(response, found).sort(key=lambda each: places[each.id])


def replace_in_strings(message: Message, old: str, new: str) -> None:
    """Replaces text in every string of a message, in place and in the messages within it."""
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            values = value.values() if hasattr(value, "values") else value  # a map, or a list
            for each in values if field.is_repeated else [value]:
                if isinstance(each, Message):  # a map may hold numbers
                    replace_in_strings(each, old, new)
        elif field.type == FieldDescriptor.TYPE_STRING:
            if field.is_repeated:
                value[:] = [each.replace(old, new) for each in value]
            elif old in value:
                setattr(message, field.name, value.replace(old, new))

"""Classify and Regress by JSON: objects to tf.Examples, results to lists."""

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from serving.server.json_values import (
    decimal_text,
    decoded_base64,
    is_base64,
    text_of,
    type_of,
)
from serving.server.status import invalid_argument

_EXAMPLES: Final = "examples"
_CONTEXT: Final = "context"


def fill_input(document: Mapping[str, Any], request_input: Any) -> None:
    """Puts the `examples`, and the `context` where there is one, into an Input.

    Raises:
        StatusError: INVALID_ARGUMENT for values that no feature can hold.
    """
    listed = request_input.example_list
    if _CONTEXT in document:
        listed = request_input.example_list_with_context
        _fill_example(document[_CONTEXT], listed.context)
    if _EXAMPLES not in document:
        raise invalid_argument(
            f"JSON Value: {text_of(document)} When method is classify, key '{_EXAMPLES}' is "
            "expected and was not found"
        )
    if not isinstance(document[_EXAMPLES], list):
        raise invalid_argument(
            f"JSON Value: {text_of(document)} Expecting '{_EXAMPLES}' value to be an list/array"
        )
    if not document[_EXAMPLES]:
        raise invalid_argument(
            f"JSON Value: {text_of(document)} '{_EXAMPLES}' value is an empty array"
        )
    for example in document[_EXAMPLES]:
        _fill_example(example, listed.examples.add())


def classifications_text(result: Any) -> str:
    """The body of a classification's answer: for each example its labels and scores."""
    rows = [", ".join(map(_class_text, each.classes)) for each in result.classifications]
    return f'{{\n    "results": [{", ".join(f"[{row}]" for row in rows)}]\n}}'


def regressions_text(result: Any) -> str:
    """The body of a regression's answer: for each example its number."""
    values = ", ".join(decimal_text(each.value, np.float32) for each in result.regressions)
    return f'{{\n    "results": [{values}]\n}}'


def _class_text(each: Any) -> str:
    label = json.dumps(each.label, ensure_ascii=False)
    return f"[{label}, {decimal_text(each.score, np.float32)}]"


def _fill_example(value: Any, example: Any) -> None:
    if not isinstance(value, dict):
        raise invalid_argument(f"Example must be JSON object but got JSON {type_of(value)}")
    for name, content in value.items():
        feature = example.features.feature[name]
        for element in content if isinstance(content, list) else [content]:
            _add(element, name, feature)


def _add(value: Any, name: str, feature: Any) -> None:
    element: Any
    if isinstance(value, bool) or type(value) is int:
        kind, element = "int64_list", int(value)
    elif isinstance(value, float):
        kind, element = "float_list", value
    elif isinstance(value, str):
        kind, element = "bytes_list", value.encode()
    elif is_base64(value):
        kind, element = "bytes_list", decoded_base64(value)
    else:
        raise invalid_argument(
            f"Feature: {name} has element with unexpected JSON type: {type_of(value)}"
        )
    held = feature.WhichOneof("kind")
    if held not in (None, kind):
        raise invalid_argument(
            f"Unexpected element type in feature: {name} expecting type: "
            f"{held.removesuffix('_list')}"
        )
    if kind == "int64_list" and not -(2**63) <= element < 2**63:
        raise invalid_argument(f"Feature: {name} has uint64 element. Only int64 is supported.")
    getattr(feature, kind).value.append(element)

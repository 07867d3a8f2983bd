"""The REST API: answers, errors, and how both are written."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.conftest import Ask

Predict = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def predict(ask: Ask) -> Predict:
    def send(body: Any, signature_name: str | None = None) -> tuple[int, dict[str, Any]]:
        named = {} if signature_name is None else {"signature_name": signature_name}
        status, text = ask("POST", "/v1/models/movielens:predict", {**named, **body})
        return status, json.loads(text)

    return send


def test_columns_are_answered_by_columns(predict: Predict) -> None:
    assert predict({"inputs": {"x": [[1, 1, 1, 1]], "k": 3}}) == (
        200,
        {"outputs": {"y": [[4.0, 4.0, 4.0]], "z": 4}},
    )


def test_rows_are_answered_by_rows(predict: Predict) -> None:
    rows = [{"titles": "abc", "genres": "d"}, {"titles": "", "genres": ""}]
    assert predict({"instances": rows}, "embed") == (
        200,
        {
            "predictions": [
                {"embeddings": [3.0, 1.0], "similar_movie_ids": [10, 20, -1]},
                {"embeddings": [0.0, 0.0], "similar_movie_ids": [10, 20, -1]},
            ]
        },
    )


def test_single_input_and_output_stand_alone(predict: Predict) -> None:
    assert predict({"instances": ["a", {"b64": "YsOp"}]}, "exclaim") == (
        200,
        {"predictions": ["a!", "bé!"]},
    )
    assert predict({"inputs": ["a"]}, "exclaim") == (200, {"outputs": ["a!"]})


def test_numbers_are_written_as_tensorflow_serving_does(ask: Ask) -> None:
    body = {"inputs": {"x": [[0.1, 0, 0, 0], [2e9, 0, 0, 0], [1, 1, 1, 1]], "k": 3}}
    status, text = ask("POST", "/v1/models/movielens:predict", body)
    assert status == 200
    for number in ("0.1", "2e+09", "4.0"):
        assert f"[{number}, {number}, {number}]" in text


def test_not_a_number_is_a_bare_token(ask: Ask) -> None:
    body = '{"inputs": {"x": [[NaN, 0, 0, 0], [-Infinity, 0, 0, 0]], "k": 3}}'
    _, text = ask("POST", "/v1/models/movielens:predict", body)
    first, second = json.loads(text)["outputs"]["y"]
    assert all(map(math.isnan, first))
    assert second == [-math.inf] * 3


def test_version_and_method_are_found_in_any_case(ask: Ask) -> None:
    body = {"signature_name": "exclaim", "instances": ["a"]}
    status, text = ask("POST", "/v1/models/movielens/versions/2:Predict", body)
    assert (status, json.loads(text)) == (200, {"predictions": ["a!"]})


def test_status_is_told(ask: Ask) -> None:
    expected = {
        "model_version_status": [
            {
                "version": "2",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }
    for path in ("/v1/models/movielens", "/V1/Models/movielens/Versions/2"):
        status, text = ask("GET", path)
        assert (status, json.loads(text)) == (200, expected)


def test_metadata_is_told(ask: Ask) -> None:
    status, text = ask("GET", "/v1/models/movielens/metadata")
    told = json.loads(text)
    assert status == 200
    assert told["model_spec"] == {"name": "movielens", "signature_name": "", "version": "2"}
    signatures = told["metadata"]["signature_def"]["signature_def"]
    assert signatures["exclaim"]["inputs"]["text"]["tensor_shape"]["dim"][0]["size"] == "-1"
    assert signatures["exclaim"]["method_name"] == "tensorflow/serving/predict"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "/v1/foo", None, 400, "Malformed request: POST /v1/foo"),
        (
            *("POST", "/v1/models/movielens:predict?x=1", {"instances": [1]}, 400),
            "Malformed request: POST /v1/models/movielens:predict?x=1",
        ),
        ("GET", "/v1/models", None, 400, "Missing model name in request."),
        ("GET", "/v1/models/n", None, 404, "Could not find any versions of model n"),
        (
            "GET",
            "/v1/models/movielens/versions/7",
            None,
            404,
            "Could not find version 7 of model movielens",
        ),
        (
            *("GET", f"/v1/models/movielens/versions/{2**63}", None, 400),
            f"Failed to convert version: {2**63} to numeric.",
        ),
        ("POST", "/v1/models/n:predict", b"", 400, "JSON Parse error: The document is empty"),
        (
            *("POST", "/v1/models/n:predict", {"instances": [1]}, 404),
            "Servable not found for request: Latest(n)",
        ),
        (
            *("POST", "/v1/models/movielens/labels/canary:predict", {"instances": [1]}, 400),
            "Unrecognized servable version label: canary",
        ),
        (
            *("POST", "/v1/models/movielens:predict", {"signature_name": "no", "inputs": 1}, 400),
            'Serving signature name: "no" not found in signature def',
        ),
        ("POST", "/v1/models/movielens:predict", {}, 400, "Missing 'inputs' or 'instances' key"),
        (
            *("POST", "/v1/models/movielens:predict", {"inputs": {"k": 1}}, 400),
            "Missing named input: x in 'inputs' object.",
        ),
        (
            *("POST", "/v1/models/movielens:predict", {"inputs": {"k": 1, "x": [["a"]]}}, 400),
            'JSON Value: "a" Type: String is not of expected type: float',
        ),
        (
            *("POST", "/v1/models/movielens:predict", {"inputs": {"k": 1, "x": [[2**24]]}}, 400),
            "Cannot convert JSON value: 16777216 to float without loss of precision.",
        ),
        (
            *("POST", "/v1/models/movielens:predict", {"inputs": {"k": 1, "x": [[1e39]]}}, 400),
            "Cannot convert JSON value: 1e+39 to float without loss of precision.",
        ),
        (
            *("POST", "/v1/models/movielens:predict", {"inputs": {"k": 2**31, "x": [[1]]}}, 400),
            "JSON Value: 2147483648 Type: Number is not of expected type: int32",
        ),
        (
            "POST",
            "/v1/models/movielens:predict",
            {"signature_name": "cast", "instances": [1]},
            400,
            "Tensor name: scalar has no shape information ",
        ),
        (
            *("POST", "/v1/models/movielens:predict", {"inputs": [1]}, 400),
            "inputs is a plain value/list, but expecting an object as multiple input tensors "
            "required as per tensorinfo_map",
        ),
        (
            "POST",
            "/v1/models/movielens:predict",
            {"signature_name": "exclaim", "instances": [{"b64": "?"}]},
            400,
            "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: Unable to "
            "base64 decode",
        ),
        (
            "POST",
            "/v1/models/movielens:predict",
            {"signature_name": "spin", "inputs": {"steps": 10**12}},
            504,
            "Timed out waiting for notification",
        ),
    ],
)
def test_failure_is_an_error_in_json(
    ask: Ask, method: str, path: str, body: Any, status: int, message: str
) -> None:
    got, text = ask(method, path, body)
    assert (got, json.loads(text)) == (status, {"error": message})
    assert text.startswith('{\n    "error": "')


@pytest.mark.parametrize("ragged", [[[1], 2], [[1], [2, 3]]])
def test_ragged_lists_are_refused(predict: Predict, ragged: list[Any]) -> None:
    status, answer = predict({"inputs": {"k": 1, "x": ragged}})
    assert status == 400
    assert list(answer) == ["error"]


def test_parse_error_tells_where(ask: Ask) -> None:
    status, text = ask("POST", "/v1/models/movielens:predict", "{nonsense")
    assert status == 400
    assert json.loads(text)["error"].startswith("JSON Parse error: ")
    assert json.loads(text)["error"].endswith(" at offset: 1")


def test_deeply_nested_json_is_refused(ask: Ask) -> None:
    status, _ = ask("POST", "/v1/models/movielens:predict", '{"inputs": ' + "[" * 100_000)
    assert status == 400


def test_path_outside_the_api_is_not_found_in_html(ask: Ask) -> None:
    status, text = ask("GET", "/")
    assert status == 404
    assert text.startswith("<html>")

"""Predict: answers, and the rows of TensorFlow Serving's checks, in order."""

from collections.abc import Callable
from typing import Any

import grpc
import numpy as np
import pytest

from serving.protos import predict_pb2, prediction_service_pb2_grpc, tensor_pb2, types_pb2
from serving.tensors import decode, encode
from tests.support.grpc_stubs import BuildPredictRequest

Failure = Callable[..., tuple[str, str | None]]

X = np.ones([2, 4], np.float32)
K = np.array(3, np.int32)


@pytest.fixture
def request_(predict_request: BuildPredictRequest) -> predict_pb2.PredictRequest:
    """A request that is answered, for a test to spoil."""
    return predict_request({"x": X, "k": K})


@pytest.fixture
def failure(predictions: prediction_service_pb2_grpc.PredictionServiceStub) -> Failure:
    """Sends a request that must fail; returns its code and message."""

    def send(request: predict_pb2.PredictRequest, **options: float) -> tuple[str, str | None]:
        with pytest.raises(grpc.RpcError) as caught:
            predictions.Predict(request, **options)
        return caught.value.code().name, caught.value.details()

    return send


def test_every_output_is_answered_where_no_filter_is_given(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
    request_: predict_pb2.PredictRequest,
) -> None:
    outputs = predictions.Predict(request_).outputs
    assert sorted(outputs) == ["y", "z"]
    assert decode(outputs["y"]).tolist() == [[4.0, 4.0, 4.0], [4.0, 4.0, 4.0]]
    assert decode(outputs["z"]).tolist() == 4


def test_response_names_the_version_and_signature_that_answered(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
    request_: predict_pb2.PredictRequest,
) -> None:
    spec = predictions.Predict(request_).model_spec
    assert (spec.name, spec.version.value, spec.signature_name) == (
        *("movielens", 2),
        "serving_default",
    )
    assert spec.version_label == ""


def test_output_filter_selects_outputs(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
    request_: predict_pb2.PredictRequest,
) -> None:
    request_.output_filter.append("z")
    assert list(predictions.Predict(request_).outputs) == ["z"]


def test_outputs_use_typed_fields_with_one_value_an_element(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
    predict_request: BuildPredictRequest,
) -> None:
    request = predict_request({"x": np.array([0, 1, 1], np.int32)}, signature_name="cast")
    outputs = predictions.Predict(request).outputs
    assert all(proto.tensor_content == b"" for proto in outputs.values())
    fields = {
        "float32": "float_val",
        "float64": "double_val",
        "int32": "int_val",
        "int16": "int_val",
        "int8": "int_val",
        "uint16": "int_val",
        "uint8": "int_val",
        "int64": "int64_val",
        "uint32": "uint32_val",
        "uint64": "uint64_val",
        "bool": "bool_val",
        "string": "string_val",
    }
    for name, field in fields.items():
        values = [0, 1, 1] if name != "string" else [b"0", b"1", b"1"]
        assert list(getattr(outputs[name], field)) == values, name
    assert list(outputs["float16"].half_val) == [0, 0x3C00, 0x3C00]
    assert list(outputs["bfloat16"].half_val) == [0, 0x3F80, 0x3F80]
    assert list(outputs["complex64"].scomplex_val) == [0, 0, 1, 0, 1, 0]
    assert list(outputs["complex128"].dcomplex_val) == [0, 0, 1, 0, 1, 0]


def test_scalar_output_has_a_shape_without_dimensions(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
    predict_request: BuildPredictRequest,
) -> None:
    request = predict_request({"x": np.array([2, 3], np.int32)}, signature_name="cast")
    scalar = predictions.Predict(request).outputs["scalar"]
    assert scalar.HasField("tensor_shape")
    assert len(scalar.tensor_shape.dim) == 0
    assert list(scalar.int_val) == [5]


def test_long_and_short_strings_survive(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
    predict_request: BuildPredictRequest,
) -> None:
    text = np.array(["", "Amélie", "a title too long to be held inside the string itself" * 9])
    request = predict_request({"text": text}, signature_name="exclaim")
    answer = decode(predictions.Predict(request).outputs["text"])
    assert [element.decode() for element in answer] == [f"{title}!" for title in text]


def test_fewer_typed_values_than_elements_repeat_the_last(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
    predict_request: BuildPredictRequest,
) -> None:
    request = predict_request({"x": np.zeros(3, np.int32)}, signature_name="cast")
    request.inputs["x"].tensor_content = b""
    request.inputs["x"].int_val.extend([5, 7])
    assert list(predictions.Predict(request).outputs["int32"].int_val) == [5, 7, 7]


def test_row_1_missing_model_spec(failure: Failure) -> None:
    assert failure(predict_pb2.PredictRequest()) == ("INVALID_ARGUMENT", "Missing ModelSpec")


def test_row_2_empty_name(failure: Failure, request_: predict_pb2.PredictRequest) -> None:
    request_.model_spec.name = ""
    assert failure(request_) == ("INVALID_ARGUMENT", "ModelSpec has no name specified.")


@pytest.mark.parametrize("name", ["movielens", "unknown"])
def test_row_3_unknown_label_comes_before_an_unknown_model(
    failure: Failure, request_: predict_pb2.PredictRequest, name: str
) -> None:
    request_.model_spec.name = name
    request_.model_spec.version_label = "canary"
    assert failure(request_) == (
        "INVALID_ARGUMENT",
        "Unrecognized servable version label: canary",
    )


def test_row_4_unknown_model(failure: Failure, request_: predict_pb2.PredictRequest) -> None:
    request_.model_spec.name = "unknown"
    assert failure(request_) == ("NOT_FOUND", "Servable not found for request: Latest(unknown)")


def test_row_5_unknown_version(failure: Failure, request_: predict_pb2.PredictRequest) -> None:
    request_.model_spec.version.value = 7
    assert failure(request_) == (
        "NOT_FOUND",
        "Servable not found for request: Specific(movielens, 7)",
    )


def test_row_6_unknown_signature_comes_before_the_inputs(
    failure: Failure, predict_request: BuildPredictRequest
) -> None:
    request = predict_request({"nonsense": K}, signature_name="unlike")
    assert failure(request) == (
        "FAILED_PRECONDITION",
        'Serving signature key "unlike" not found.',
    )


def test_row_7_input_missing(failure: Failure, predict_request: BuildPredictRequest) -> None:
    assert failure(predict_request({"x": X})) == (
        "INVALID_ARGUMENT",
        "input size does not match signature: 1!=2 len({x}) != len({k,x}). "
        "Sent extra: {}. Missing but required: {k}.",
    )


def test_row_7_input_too_many(failure: Failure, predict_request: BuildPredictRequest) -> None:
    assert failure(predict_request({"x": X, "k": K, "b": K, "a": K})) == (
        "INVALID_ARGUMENT",
        "input size does not match signature: 4!=2 len({a,b,k,x}) != len({k,x}). "
        "Sent extra: {a,b}. Missing but required: {}.",
    )


def test_row_8_right_number_of_inputs_under_a_wrong_name(
    failure: Failure, predict_request: BuildPredictRequest
) -> None:
    assert failure(predict_request({"x": X, "count": K})) == (
        "INVALID_ARGUMENT",
        "Signature input alias: k(feed name: serving_default_k:0) not found in request and no "
        "default value provided. Inputs expected to be in the request {k,x}, or default input "
        "alias set: ",
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda proto: setattr(proto, "tensor_content", b"12345"),
        lambda proto: proto.tensor_shape.dim.add(size=-1),
        lambda proto: proto.CopyFrom(tensor_pb2.TensorProto(dtype=types_pb2.DT_INVALID)),
    ],
    ids=["content of a wrong length", "negative dimension", "no type"],
)
def test_row_9_unparsable_tensor(
    failure: Failure,
    request_: predict_pb2.PredictRequest,
    spoil: Callable[[tensor_pb2.TensorProto], Any],
) -> None:
    spoil(request_.inputs["k"])
    assert failure(request_) == ("INVALID_ARGUMENT", "tensor parsing error: k")


def test_row_10_unknown_output_comes_before_a_repeated_one(
    failure: Failure, request_: predict_pb2.PredictRequest
) -> None:
    request_.output_filter.extend(["y", "q", "y"])
    assert failure(request_) == (
        "INVALID_ARGUMENT",
        "output tensor alias not found in signature: q Outputs expected to be in the set {y,z}.",
    )


def test_row_11_repeated_output(failure: Failure, request_: predict_pb2.PredictRequest) -> None:
    request_.output_filter.extend(["y", "z", "y"])
    assert failure(request_) == ("INVALID_ARGUMENT", "duplicate output tensor alias: y")


def test_row_12_wrong_dtype_counts_feeds_by_their_sorted_names(
    failure: Failure, request_: predict_pb2.PredictRequest
) -> None:
    request_.inputs["x"].CopyFrom(encode(X.astype(np.float64)))
    assert failure(request_) == (
        "INVALID_ARGUMENT",
        "Expects arg[1] to be float but double is provided",
    )


def test_shape_is_checked_by_the_ops_alone(
    failure: Failure, request_: predict_pb2.PredictRequest
) -> None:
    request_.inputs["x"].CopyFrom(encode(np.ones([2, 9], np.float32)))
    code, message = failure(request_)
    assert code == "INVALID_ARGUMENT"
    assert message.startswith("Matrix size-incompatible: In[0]: [2,9], In[1]: [4,3]")


def test_row_13_deadline_ends_the_run(
    failure: Failure,
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
    predict_request: BuildPredictRequest,
) -> None:
    spin = predict_request({"steps": np.array(10**12)}, signature_name="spin")
    code, _ = failure(spin, timeout=0.3)
    assert code == "DEADLINE_EXCEEDED"
    # The run itself has ended too, not only the wait for it: threads are left to answer.
    for _ in range(4):
        assert failure(spin, timeout=0.05)[0] == "DEADLINE_EXCEEDED"
    quick = predict_request({"steps": np.array(1)}, signature_name="spin")
    assert predictions.Predict(quick, timeout=10).outputs["total"].dtype == types_pb2.DT_FLOAT


def test_request_above_four_mebibytes_is_answered(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
    predict_request: BuildPredictRequest,
) -> None:
    rows = 400_000
    request = predict_request({"x": np.ones([rows, 4], np.float32), "k": K})
    assert request.ByteSize() > 6_000_000
    request.output_filter.append("z")
    assert list(predictions.Predict(request).outputs["z"].int_val) == [4]


def test_empty_batch_is_answered(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
    predict_request: BuildPredictRequest,
) -> None:
    outputs = predictions.Predict(predict_request({"x": X[:0], "k": K})).outputs
    assert decode(outputs["y"]).shape == (0, 3)


def test_empty_answer_of_every_type_is_given(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
    predict_request: BuildPredictRequest,
) -> None:
    request = predict_request({"x": np.zeros(0, np.int32)}, signature_name="cast")
    outputs = predictions.Predict(request).outputs
    shapes = {name: decode(proto).shape for name, proto in outputs.items()}
    assert shapes.pop("scalar") == ()
    assert set(shapes.values()) == {(0,)}


def test_long_message_is_cut_after_1024_bytes(
    failure: Failure, predict_request: BuildPredictRequest
) -> None:
    request = predict_request({}, signature_name="s" * 2000)
    code, message = failure(request)
    assert code == "FAILED_PRECONDITION"
    assert message == f'Serving signature key "{"s" * 1001}...TRUNCATED'

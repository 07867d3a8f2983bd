from collections.abc import Callable
from typing import Any

import grpc
import pytest

from serving.protos import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
)

AVAILABLE = get_model_status_pb2.ModelVersionStatus.AVAILABLE


def metadata_request(
    *fields: str, name: str = "movielens"
) -> get_model_metadata_pb2.GetModelMetadataRequest:
    return get_model_metadata_pb2.GetModelMetadataRequest(
        model_spec=model_pb2.ModelSpec(name=name), metadata_field=fields
    )


def status_request(
    name: str = "movielens", version: int | None = None
) -> get_model_status_pb2.GetModelStatusRequest:
    request = get_model_status_pb2.GetModelStatusRequest(model_spec=model_pb2.ModelSpec(name=name))
    if version is not None:
        request.model_spec.version.value = version
    return request


def failure(method: Callable[[Any], Any], request: Any) -> tuple[str, str | None]:
    with pytest.raises(grpc.RpcError) as caught:
        method(request)
    return caught.value.code().name, caught.value.details()


def test_metadata_holds_every_signature_and_the_init_op(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
) -> None:
    response = predictions.GetModelMetadata(metadata_request("signature_def"))
    assert (response.model_spec.name, response.model_spec.version.value) == ("movielens", 2)
    assert response.model_spec.signature_name == ""
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    assert {"serving_default", "recommend", "rate", "__saved_model_init_op"} <= set(
        signatures.signature_def
    )
    assert signatures.signature_def["rate"].inputs["history_ratings"].name == (
        "rate_history_ratings:0"
    )


def test_metadata_needs_a_model_spec_before_a_field(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
) -> None:
    request = get_model_metadata_pb2.GetModelMetadataRequest()
    assert failure(predictions.GetModelMetadata, request) == (
        "INVALID_ARGUMENT",
        "Missing ModelSpec",
    )


def test_metadata_needs_a_field_before_a_known_model(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
) -> None:
    assert failure(predictions.GetModelMetadata, metadata_request(name="unknown")) == (
        "INVALID_ARGUMENT",
        "GetModelMetadataRequest must specify at least one metadata_field",
    )


def test_metadata_refuses_an_unknown_field_before_an_unknown_model(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
) -> None:
    request = metadata_request("graph", name="unknown")
    assert failure(predictions.GetModelMetadata, request) == (
        "INVALID_ARGUMENT",
        "Metadata field graph is not supported",
    )


def test_metadata_of_an_unknown_model(
    predictions: prediction_service_pb2_grpc.PredictionServiceStub,
) -> None:
    assert failure(
        predictions.GetModelMetadata, metadata_request("signature_def", name="unknown")
    ) == ("NOT_FOUND", "Servable not found for request: Latest(unknown)")


def test_status_tells_the_version_that_is_served(
    models: model_service_pb2_grpc.ModelServiceStub,
) -> None:
    (status,) = models.GetModelStatus(status_request()).model_version_status
    assert (status.version, status.state) == (2, AVAILABLE)
    assert (status.status.error_code, status.status.error_message) == (0, "")


def test_status_of_one_version(models: model_service_pb2_grpc.ModelServiceStub) -> None:
    (status,) = models.GetModelStatus(status_request(version=2)).model_version_status
    assert status.version == 2


def test_status_ignores_a_label(models: model_service_pb2_grpc.ModelServiceStub) -> None:
    request = status_request()
    request.model_spec.version_label = "canary"
    assert len(models.GetModelStatus(request).model_version_status) == 1


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (
            get_model_status_pb2.GetModelStatusRequest(),
            "INVALID_ARGUMENT",
            "Missing ModelSpec",
        ),
        (
            status_request(version=7),
            "NOT_FOUND",
            "Could not find version 7 of model movielens",
        ),
        (
            status_request("unknown"),
            "NOT_FOUND",
            "Could not find any versions of model unknown",
        ),
        (status_request(""), "NOT_FOUND", "Could not find any versions of model "),
    ],
)
def test_status_of_nothing_known(
    models: model_service_pb2_grpc.ModelServiceStub,
    request_: get_model_status_pb2.GetModelStatusRequest,
    code: str,
    message: str,
) -> None:
    assert failure(models.GetModelStatus, request_) == (code, message)

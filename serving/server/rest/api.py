"""The REST API: what a path and a body ask for (model_servers/http_rest_api_handler.cc)."""

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import grpc
from google.protobuf import json_format

from serving.contract import SERVING_DEFAULT
from serving.protos import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    predict_pb2,
)
from serving.server.model_information import model_metadata, model_status, requested_model
from serving.server.predict import Inference
from serving.server.rest.json_answers import error_text, outputs_text
from serving.server.rest.json_requests import ROWS, input_tensors, parse_object, text_of
from serving.server.status import StatusError, as_status, invalid_argument
from serving.versions import MAX_VERSION

_JSON: Final = "application/json"
_VERSION: Final = r"(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
_PREDICT: Final = re.compile(rf"/v1/models/(?P<name>[^/:]+){_VERSION}:predict", re.IGNORECASE)
_INFORMATION: Final = re.compile(
    rf"/v1/models(?:/(?P<name>[^/:]+))?{_VERSION}(?P<metadata>/metadata)?", re.IGNORECASE
)
_STATUSES: Final = {
    grpc.StatusCode.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.FAILED_PRECONDITION: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.OUT_OF_RANGE: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    grpc.StatusCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
    grpc.StatusCode.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    grpc.StatusCode.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
}


class Reply(NamedTuple):
    """What goes back over HTTP."""

    status: HTTPStatus
    content_type: str
    body: str


@dataclass(frozen=True, kw_only=True)
class RestApi:
    """Answers the requests of the REST API; `timeout_seconds` bounds each."""

    inference: Inference
    timeout_seconds: float

    def respond(self, method: str, path: str, body: bytes) -> Reply:
        """Answers a request whose path begins with `/v1/`; a failure becomes an error in JSON."""
        try:
            if method == "POST" and (asked := _PREDICT.fullmatch(path)):
                return Reply(HTTPStatus.OK, _JSON, self._predict(asked, body))
            if method == "GET" and (asked := _INFORMATION.fullmatch(path)):
                return Reply(HTTPStatus.OK, _JSON, self._inform(asked))
            return failed(invalid_argument(f"Malformed request: {method} {path}"))
        except Exception as error:  # the connection's thread goes on to the next request
            return failed(as_status(error))

    def _predict(self, asked: re.Match[str], body: bytes) -> str:
        spec, document = _model_spec(asked), parse_object(body)
        signature_name = document.get("signature_name", "")
        if not isinstance(signature_name, str):
            raise invalid_argument(
                f"JSON Value: {text_of(document)} not formatted correctly. 'signature_name' key "
                "must be a string value."
            )
        spec.signature_name = signature_name
        request = predict_pb2.PredictRequest(model_spec=spec)
        for alias, proto in self._inputs(request, document).items():
            request.inputs[alias].CopyFrom(proto)
        response = self.inference.predict(request, self.timeout_seconds, entrypoint="REST")
        return outputs_text(response.outputs, by_rows=ROWS in document)

    def _inputs(self, request: Any, document: dict[str, Any]) -> dict[str, Any]:
        """The tensors of a document, for the signature of the model that a request asks for."""
        with requested_model(self.inference.manager, request) as (model, _):
            name = request.model_spec.signature_name or SERVING_DEFAULT
            if name not in model.signatures:
                raise invalid_argument(
                    f'Serving signature name: "{name}" not found in signature def'
                )
            infos = model.signatures[name].inputs
            if not infos:
                raise invalid_argument(f"Failed to get input map for signature: {name}")
            return input_tensors(document, infos)

    def _inform(self, asked: re.Match[str]) -> str:
        if asked["name"] is None:
            raise invalid_argument("Missing model name in request.")
        spec = _model_spec(asked)
        if asked["metadata"] is None:
            request = get_model_status_pb2.GetModelStatusRequest(model_spec=spec)
            return _json(_fields(model_status(self.inference.manager, request)))
        request = get_model_metadata_pb2.GetModelMetadataRequest(
            model_spec=spec, metadata_field=["signature_def"]
        )
        fields = _fields(model_metadata(self.inference.manager, request))
        del fields["metadata"]["signature_def"]["@type"]  # of the Any that holds the signatures
        return _json(fields)


def failed(error: StatusError) -> Reply:
    """The reply of a request that failed."""
    status = _STATUSES.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
    return Reply(status, _JSON, error_text(error))


def _model_spec(asked: re.Match[str]) -> Any:
    spec = model_pb2.ModelSpec(name=asked["name"])
    if asked["version"] is not None:
        if int(asked["version"]) > MAX_VERSION:
            raise invalid_argument(f"Failed to convert version: {asked['version']} to numeric.")
        spec.version.value = int(asked["version"])
    elif asked["label"] is not None:
        spec.version_label = asked["label"]
    return spec


def _fields(message: Any) -> dict[str, Any]:
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def _json(fields: dict[str, Any]) -> str:
    return json.dumps(fields, indent=1, ensure_ascii=False)

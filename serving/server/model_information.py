"""Which model a request asks for, and what the server tells about its models.

Failures are StatusErrors: INVALID_ARGUMENT, or NOT_FOUND for an unknown model or version.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from serving.protos import get_model_metadata_pb2, get_model_status_pb2
from serving.server.models.manager import ServableManager
from serving.server.runtime.saved_model import SavedModel
from serving.server.status import invalid_argument, not_found

_SIGNATURE_FIELD: Final = "signature_def"


@contextmanager
def requested_model(manager: ServableManager, request: Any) -> Iterator[tuple[SavedModel, int]]:
    """Lends the model of a request's model_spec, with its version (model_servers/server_core.cc).

    A StatusError is, in this order, INVALID_ARGUMENT for a missing or nameless model_spec or an
    unknown label, and NOT_FOUND for a model or version that is not available.
    """
    _require_model_spec(request)
    spec = request.model_spec
    if not spec.name:
        raise invalid_argument("ModelSpec has no name specified.")
    version = spec.version.value if spec.HasField("version") else None
    if spec.WhichOneof("version_choice") == "version_label":
        version = manager.labelled_version(spec.name, spec.version_label)
        if version is None:
            raise invalid_argument(f"Unrecognized servable version label: {spec.version_label}")
    with manager.lend(spec.name, version) as lent:
        yield lent


def model_metadata(manager: ServableManager, request: Any) -> Any:
    """Answers a GetModelMetadataRequest (servables/tensorflow/get_model_metadata_impl.cc)."""
    _require_model_spec(request)
    if not request.metadata_field:
        raise invalid_argument("GetModelMetadataRequest must specify at least one metadata_field")
    for field in request.metadata_field:
        if field != _SIGNATURE_FIELD:
            raise invalid_argument(f"Metadata field {field} is not supported")
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    with requested_model(manager, request) as (model, version):
        response.model_spec.name = request.model_spec.name
        response.model_spec.version.value = version
        signatures = get_model_metadata_pb2.SignatureDefMap(signature_def=model.signatures)
    response.metadata[_SIGNATURE_FIELD].Pack(signatures)
    return response


def model_status(manager: ServableManager, request: Any) -> Any:
    """Answers a GetModelStatusRequest (model_servers/get_model_status_impl.cc).

    Versions come in descending order. A version label is ignored, as in TensorFlow Serving.
    """
    _require_model_spec(request)
    spec = request.model_spec
    versions = manager.versions(spec.name)
    if spec.HasField("version"):
        if spec.version.value not in versions:
            raise not_found(f"Could not find version {spec.version.value} of model {spec.name}")
        versions = {spec.version.value: versions[spec.version.value]}
    if not versions:
        raise not_found(f"Could not find any versions of model {spec.name}")
    response = get_model_status_pb2.GetModelStatusResponse()
    for version, servable in sorted(versions.items(), reverse=True):
        status = response.model_version_status.add(version=version, state=int(servable.state))
        if servable.error is not None:
            status.status.error_code = servable.error.code.value[0]
            status.status.error_message = servable.error.message
        else:
            status.status.SetInParent()
    return response


def _require_model_spec(request: Any) -> None:
    if not request.HasField("model_spec"):
        raise invalid_argument("Missing ModelSpec")

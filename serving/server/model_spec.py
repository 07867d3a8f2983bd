"""Which model and version a request asks for (model_servers/server_core.cc)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from serving.server.models.manager import ServableManager
from serving.server.runtime.saved_model import SavedModel
from serving.server.status import invalid_argument


def require_model_spec(request: Any) -> None:
    """Refuses a request without a model_spec by a StatusError, INVALID_ARGUMENT."""
    if not request.HasField("model_spec"):
        raise invalid_argument("Missing ModelSpec")


@contextmanager
def requested_model(manager: ServableManager, request: Any) -> Iterator[tuple[SavedModel, int]]:
    """Lends the model that a request's model_spec asks for, with its version.

    Raises:
        StatusError: In this order INVALID_ARGUMENT for a missing or nameless model_spec or an
            unknown label, and NOT_FOUND for a model or version that is not available.
    """
    require_model_spec(request)
    spec = request.model_spec
    if not spec.name:
        raise invalid_argument("ModelSpec has no name specified.")
    version = spec.version.value if spec.HasField("version") else None
    if spec.WhichOneof("version_choice") == "version_label":
        version = manager.labels(spec.name).get(spec.version_label)
        if version is None:
            raise invalid_argument(f"Unrecognized servable version label: {spec.version_label}")
    with manager.lend(spec.name, version) as lent:
        yield lent

"""Which models to serve, under which names, labels and version policies (server_core.cc).

The configuration is a ModelServerConfig, the file of `--model_config_file`. It is checked as a
whole before any of it takes effect.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from serving.protos import model_server_config_pb2
from serving.server.models.manager import ServableManager
from serving.server.models.versions import ModelSource
from serving.server.status import failed_precondition, invalid_argument

_PLATFORM: Final = "tensorflow"
_ABSOLUTE: Final = re.compile(r"/|[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def apply_configuration(
    config: Any, manager: ServableManager, *, allow_unavailable: bool = False
) -> None:
    """Makes a manager serve the models of a ModelServerConfig; does not wait for them.

    With `allow_unavailable` a new label may name a version that is not loaded yet. A label that
    exists already may only move to an available version.

    Raises:
        StatusError: INVALID_ARGUMENT for a model, FAILED_PRECONDITION for a label. Nothing changes.
    """
    sources = configured_models(config)
    for source in sources:
        _check_labels(source, manager, allow_unavailable)
    manager.set_models(sources)


def configured_models(config: Any) -> list[ModelSource]:
    """The models of a ModelServerConfig; INVALID_ARGUMENT for a bad one, as TensorFlow Serving."""
    kind = config.WhichOneof("config")
    if kind != "model_config_list":
        raise invalid_argument(
            f"Expected a model configuration with a model_config_list. Received: {kind}. List the "
            "models to serve in one"
        )
    models = config.model_config_list.config
    _check_names(model.name for model in models)
    for model in models:
        _check_model(model)
    return [
        ModelSource(
            name=model.name,
            base_path=Path(model.base_path.removeprefix("file://")),
            policy=model.model_version_policy,
            labels=dict(model.version_labels),
        )
        for model in models
    ]


def _check_names(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise invalid_argument(f"Illegal to list model {name} multiple times in config list")
        seen.add(name)


def _check_model(model: Any) -> None:
    if not _ABSOLUTE.match(model.base_path):
        raise invalid_argument(
            f"Expected model {model.name} to have an absolute path or URI; got base_path()="
            f"{model.base_path}"
        )
    is_tensorflow = model.model_type == model_server_config_pb2.TENSORFLOW  # deprecated
    platform = _PLATFORM if is_tensorflow else model.model_platform
    if not platform:
        raise invalid_argument(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            f"ModelServerConfig::model_platform, model name is {model.name}"
        )
    if platform != _PLATFORM:
        raise invalid_argument(f"Model {model.name} requests unsupported platform {platform}")
    if model.HasField("logging_config"):  # refused there, too: core/server_request_logger.cc
        raise invalid_argument(
            f"No request-logger-creator provided. Take the logging_config of model {model.name} "
            "out: clients can log requests, this server and tensorflow/serving cannot"
        )


def _check_labels(source: ModelSource, manager: ServableManager, allow_unavailable: bool) -> None:
    current = manager.labels(source.name)
    available = {v for v, s in manager.versions(source.name).items() if s.is_serving}
    for label, version in source.labels.items():
        moves = current.get(label, version) != version
        if version not in available and (moves or not allow_unavailable):
            raise failed_precondition(
                f"Request to assign label to version {version} of model {source.name}, which is "
                "not currently available for inference"
            )

"""Which models to serve, under which names, labels and version policies (server_core.cc).

The configuration is a ModelServerConfig, the file of `--model_config_file`. It is read once.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from serving.protos import model_server_config_pb2
from serving.server.models.versions import ModelSource
from serving.server.status import failed_precondition, invalid_argument

_PLATFORM: Final = "tensorflow"
_ABSOLUTE: Final = re.compile(r"/|[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def configured_models(config: Any, *, allow_labels: bool = False) -> list[ModelSource]:
    """The models of a ModelServerConfig.

    Labels name versions that are not loaded when the server starts, so they must be allowed.

    Raises:
        StatusError: INVALID_ARGUMENT for a bad model, FAILED_PRECONDITION for a label.
    """
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
        if not allow_labels:
            _refuse_labels(model)
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


def _refuse_labels(model: Any) -> None:
    for version in model.version_labels.values():
        raise failed_precondition(
            f"Request to assign label to version {version} of model {model.name}, which is not "
            "currently available for inference"
        )

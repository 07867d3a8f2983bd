"""Which models to serve, under which names, labels and version policies.

model_servers/server_core.cc. The configuration is a ModelServerConfig, the file of
`--model_config_file`. It is checked as a whole before any of it takes effect.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from google.protobuf import text_format

from serving.protos import (
    file_system_storage_path_source_pb2,
    model_server_config_pb2,
)
from serving.server.models.versions import (
    AllVersions,
    LatestVersions,
    ModelSource,
    SpecificVersions,
    VersionPolicy,
)
from serving.server.status import invalid_argument

_PLATFORM: Final = "tensorflow"
_ABSOLUTE: Final = re.compile(r"/|[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class ModelConfiguration:
    """A checked ModelConfigList.

    Attributes:
        sources: the models.
        labels: for each model's name, the version that each label stands for.
    """

    sources: tuple[ModelSource, ...]
    labels: Mapping[str, Mapping[str, int]]


def read_model_config(path: Path) -> Any:
    """Reads a ModelServerConfig in protobuf's text format.

    Raises:
        StatusError: the file cannot be read or parsed.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise invalid_argument(
            f"Cannot read the model config file {path}: {error}. Expected a ModelServerConfig in "
            "protobuf's text format."
        ) from error


def checked_configuration(config: Any) -> ModelConfiguration:
    """Checks a ModelServerConfig and takes from it what is to be served.

    Raises:
        StatusError: INVALID_ARGUMENT, in the words of TensorFlow Serving for a ModelConfigList.
    """
    kind = config.WhichOneof("config")
    if kind != "model_config_list":
        raise invalid_argument(
            f"Expected a model configuration with a model_config_list. Received: {kind}. List the "
            "models to serve in one"
        )
    models = config.model_config_list.config
    _check_names(models)
    for model in models:
        _check_base_path(model)
    for model in models:
        _check_platform(model)
    for model in models:
        _check_logging(model)
    return ModelConfiguration(
        sources=tuple(
            ModelSource(
                name=model.name,
                base_path=Path(model.base_path.removeprefix("file://")),
                policy=_policy(model.model_version_policy),
            )
            for model in models
        ),
        labels={model.name: dict(model.version_labels) for model in models},
    )


def _check_names(models: Any) -> None:
    seen: set[str] = set()
    for model in models:
        if model.name in seen:
            raise invalid_argument(
                f"Illegal to list model {model.name} multiple times in config list"
            )
        seen.add(model.name)


def _check_base_path(model: Any) -> None:
    if not _ABSOLUTE.match(model.base_path):
        raise invalid_argument(
            f"Expected model {model.name} to have an absolute path or URI; got base_path()="
            f"{model.base_path}"
        )


def _check_platform(model: Any) -> None:
    has_type = model.model_type != model_server_config_pb2.MODEL_TYPE_UNSPECIFIED
    if has_type and model.model_platform:
        raise invalid_argument(
            "Illegal setting both ModelServerConfig::model_type (deprecated) and "
            "ModelServerConfig::model_platform."
        )
    if not has_type and not model.model_platform:
        raise invalid_argument(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            f"ModelServerConfig::model_platform, model name is {model.name}"
        )
    is_tensorflow = model.model_type == model_server_config_pb2.TENSORFLOW
    platform = _PLATFORM if is_tensorflow else model.model_platform or "other"
    if platform != _PLATFORM:
        raise invalid_argument(f"Model {model.name} requests unsupported platform {platform}")


def _check_logging(model: Any) -> None:
    """Refuses a request log, as tensorflow/serving does (core/server_request_logger.cc)."""
    if model.HasField("logging_config"):
        raise invalid_argument(
            f"No request-logger-creator provided. Take the logging_config of model {model.name} "
            "out: clients can log requests, this server and tensorflow/serving cannot"
        )


def _policy(policy: Any) -> VersionPolicy:
    policies = file_system_storage_path_source_pb2.FileSystemStoragePathSourceConfig
    if not isinstance(policy, policies.ServableVersionPolicy):
        raise TypeError(f"Expected a ServableVersionPolicy. Received: {policy!r}")
    choice = policy.WhichOneof("policy_choice")
    if choice == "all":
        return AllVersions()
    if choice == "specific":
        return SpecificVersions(versions=frozenset(policy.specific.versions))
    return LatestVersions(count=policy.latest.num_versions if choice == "latest" else 1)

"""Which models to serve, which of their versions lie in their folders, and which of those to serve.

sources/storage_path/file_system_storage_path_source.cc: a version is a child whose name is a
number. It need not be a folder, or complete: a half-copied one is tried and fails to load.
"""

import logging
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from serving.protos import file_system_storage_path_source_pb2, model_server_config_pb2
from serving.server.status import failed_precondition, invalid_argument
from serving.versions import version_number

VersionPolicy: Final = (
    file_system_storage_path_source_pb2.FileSystemStoragePathSourceConfig.ServableVersionPolicy
)
_PLATFORM: Final = "tensorflow"
_ABSOLUTE: Final = re.compile(r"/|[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_LOG: Final = logging.getLogger(__name__)


class ModelSource(NamedTuple):
    """A model to serve."""

    name: str
    base_path: Path  # the folder that versions are pushed to
    policy: Any = VersionPolicy()  # which of the versions to serve
    labels: Mapping[str, int] = {}  # the version that each label stands for

    def scan(self) -> dict[int, Path]:
        """The folders of the versions to serve now; an OSError names the missing base path."""
        found = {}
        try:
            for child in self.base_path.iterdir():
                version = version_number(child.name)
                if version is not None:
                    found[version] = child
        except OSError as error:
            raise OSError(
                f"Could not find base path {self.base_path} for servable {self.name} with "
                f"error {error}"
            ) from error
        return {version: found[version] for version in aspired_versions(self.policy, found)}


def aspired_versions(policy: Any, found: Collection[int]) -> set[int]:
    """The versions to serve of those that were found.

    As in TensorFlow Serving, a policy without a choice, or for the latest 0, serves the latest one.
    """
    choice = policy.WhichOneof("policy_choice")
    if choice == "all":
        return set(found)
    if choice == "specific":
        wanted = set(policy.specific.versions)
        for missing in sorted(wanted.difference(found)):
            _LOG.warning("Version %d is to be served but was not found.", missing)
        return wanted.intersection(found)
    return set(sorted(found)[-max(1, policy.latest.num_versions) :])


def configured_models(config: Any, *, allow_labels: bool = False) -> list[ModelSource]:
    """The models of a ModelServerConfig, the file of `--model_config_file` (server_core.cc).

    Labels name versions that are not loaded when the server starts, so they must be allowed. A
    StatusError is INVALID_ARGUMENT for a bad model, FAILED_PRECONDITION for a label.
    """
    kind = config.WhichOneof("config")
    if kind != "model_config_list":
        raise invalid_argument(
            f"Expected a model configuration with a model_config_list. Received: {kind}. List the "
            "models to serve in one"
        )
    sources: dict[str, ModelSource] = {}
    for model in config.model_config_list.config:
        name = model.name
        if name in sources:
            raise invalid_argument(f"Illegal to list model {name} multiple times in config list")
        _check_model(model)
        for version in () if allow_labels else model.version_labels.values():
            raise failed_precondition(
                f"Request to assign label to version {version} of model {name}, which is not "
                "currently available for inference"
            )
        base_path = Path(model.base_path.removeprefix("file://"))
        labels = dict(model.version_labels)
        sources[name] = ModelSource(name, base_path, model.model_version_policy, labels)
    return list(sources.values())


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

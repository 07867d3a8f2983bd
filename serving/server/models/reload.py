"""Replaces the models that are served by those of another configuration, while the server runs."""

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from serving.server.models.manager import ServableManager
from serving.server.models.model_config import checked_configuration, read_model_config
from serving.server.status import StatusError, failed_precondition

_LOG: Final = logging.getLogger(__name__)


class ModelReloader:
    """Applies configurations to a manager; from one thread at a time."""

    def __init__(
        self,
        manager: ServableManager,
        *,
        allow_labels_for_unavailable_models: bool = False,
    ) -> None:
        """Prepares to reload.

        Args:
            manager: What serves the models.
            allow_labels_for_unavailable_models: Whether a new label may stand for a version that is
                not loaded yet; one that exists may move to an available version only.
        """
        self._manager = manager
        self._allow_unavailable = allow_labels_for_unavailable_models

    def apply(self, config: Any) -> None:
        """Serves the models of a ModelServerConfig from now on; does not wait for them.

        Raises:
            StatusError: The configuration is refused, and nothing has changed.
        """
        checked = checked_configuration(config)
        self._check_labels(checked.labels)
        self._manager.set_models(checked.sources, checked.labels)

    def _check_labels(self, labels: Mapping[str, Mapping[str, int]]) -> None:
        current = self._manager.labels()
        for name, versions in labels.items():
            available = {v for v, s in self._manager.versions(name).items() if s.is_serving}
            for label, version in versions.items():
                moves = current.get(name, {}).get(label, version) != version
                if version not in available and (moves or not self._allow_unavailable):
                    raise failed_precondition(
                        f"Request to assign label to version {version} of model {name}, which is "
                        "not currently available for inference"
                    )


class ConfigFilePoll:
    """Reads the model config file again and again, and applies it where it has changed."""

    def __init__(self, reloader: ModelReloader, path: Path, seconds: float, config: Any) -> None:
        self._reloader = reloader
        self._path = path
        self._seconds = seconds
        self._applied = config
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="config-poll", daemon=True)

    def start(self) -> None:
        """Starts reading."""
        self._thread.start()

    def stop(self) -> None:
        """Stops reading."""
        self._stopping.set()
        self._thread.join()

    def _poll(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                config = read_model_config(self._path)
                if config != self._applied:
                    self._applied = config
                    self._reloader.apply(config)
                    _LOG.info("Applied the changed model config file %s", self._path)
            except StatusError as error:
                _LOG.error("The old model configuration stays: %s", error)

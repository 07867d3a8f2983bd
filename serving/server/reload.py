"""Replaces the models that are served by those of another configuration, while the server runs."""

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final

import grpc

from serving.server.manager import ServableManager
from serving.server.model_config import checked_configuration, read_model_config
from serving.server.request_log import RequestLog
from serving.server.servable import Servable
from serving.server.status import StatusError, failed_precondition, invalid_argument

_WAIT_SECONDS: Final = 0.2
_LOG: Final = logging.getLogger(__name__)


class ModelReloader:
    """Applies configurations to a manager, one at a time."""

    def __init__(
        self,
        manager: ServableManager,
        *,
        allow_labels_for_unavailable_models: bool = False,
        request_log: RequestLog | None = None,
    ) -> None:
        """Prepares to reload.

        Args:
            manager: what serves the models.
            allow_labels_for_unavailable_models: whether a new label may stand for a version that is
                not loaded yet; one that exists may move to an available version only.
            request_log: what logs requests as the configurations say.
        """
        self._manager = manager
        self._allow_unavailable = allow_labels_for_unavailable_models
        self._request_log = request_log or RequestLog()
        self._served: frozenset[str] = frozenset()
        self._one_at_a_time = threading.Lock()

    def apply(self, config: Any) -> frozenset[str]:
        """Serves the models of a ModelServerConfig from now on; does not wait for them.

        Returns:
            The names of the models that were not served before.

        Raises:
            StatusError: the configuration is refused, and nothing has changed.
        """
        if config.WhichOneof("config") != "model_config_list":
            raise invalid_argument(
                "ServerModelConfig type not supported by HandleReloadConfigRequest. Only "
                "ModelConfigList is currently supported"
            )
        with self._one_at_a_time:
            checked = checked_configuration(config, self._served)
            self._check_labels(checked.labels)
            loggers = self._request_log.prepare(config)
            self._manager.set_models(checked.sources, checked.labels)
            self._request_log.use(loggers)
            before, self._served = self._served, frozenset(s.name for s in checked.sources)
            return self._served - before

    def apply_and_wait(self, config: Any, is_wanted: Callable[[], bool]) -> None:
        """Serves the models of a ModelServerConfig, and waits until those that are new answer.

        TensorFlow Serving waits for ever for a model without a version; here a client that has gone
        ends the wait.

        Args:
            config: a ModelServerConfig.
            is_wanted: tells whether anybody still waits for the outcome.

        Raises:
            StatusError: as `apply`; UNKNOWN where a new model cannot be loaded.
        """
        names = self.apply(config)
        while not self._manager.wait_until_serving(_WAIT_SECONDS, names) and is_wanted():
            pass
        if failures := self._manager.failures(names):
            raise StatusError(
                grpc.StatusCode.UNKNOWN, f"{len(failures)} model(s) {described(failures)}"
            )

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


def described(failures: Collection[Servable]) -> str:
    """Which versions failed and why, in the words of core/load_servables_fast.cc."""
    reasons = ", ".join(
        f"{{{{name: {failed.name} version: {failed.version}}} due to error: "
        f"{failed.error.code.name}: {failed.error}}}"
        for failed in failures
        if failed.error is not None
    )
    return f"did not become available: {{{reasons}, }}"

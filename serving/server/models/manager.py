"""Keeps the versions of every model loaded as their folders ask, and hands them to requests.

core/aspired_versions_manager.cc. One thread scans the folders, loads and unloads; requests only
look up, under a lock that is never held while a model loads or runs.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from serving.server.models.lifecycle import Verb, aspire, next_action
from serving.server.models.servable import Servable, State
from serving.server.models.versions import ModelSource, scan_all
from serving.server.runtime.saved_model import SavedModel
from serving.server.status import StatusError, as_status, not_found

_TICK_SECONDS: Final = 0.1  # manage_state_interval_micros
_LOG: Final = logging.getLogger(__name__)

Loader = Callable[[Path], SavedModel]


@dataclass(frozen=True, kw_only=True)
class ManagerOptions:
    """How often to look and how often to try.

    Attributes:
        poll_seconds: time between two scans of the folders; 0 scans once.
        max_load_retries: attempts after the first failed one before a version is given up.
        retry_seconds: time between two attempts.
    """

    poll_seconds: float = 1.0
    max_load_retries: int = 5
    retry_seconds: float = 60.0


class ServableManager:
    """Loads, swaps and unloads the versions of models; lends them to requests."""

    def __init__(
        self,
        sources: Sequence[ModelSource],
        *,
        load: Loader = SavedModel,
        options: ManagerOptions | None = None,
    ) -> None:
        self._load_model = load
        self._options = options or ManagerOptions()
        self._sources: tuple[ModelSource, ...] = ()
        self._labels: Mapping[str, Mapping[str, int]] = {}
        self._servables: dict[str, dict[int, Servable]] = {}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._manage, name="servable-manager", daemon=True)
        self._next_scan = 0.0
        self._scan_problem = ""
        self.set_models(sources, {})

    def set_models(
        self, sources: Sequence[ModelSource], labels: Mapping[str, Mapping[str, int]]
    ) -> None:
        """Replaces the models to serve; those no longer among them are unloaded, in time.

        Args:
            sources: the models.
            labels: for each model's name, the version that each label stands for.
        """
        with self._changed:
            self._sources, self._labels = tuple(sources), labels
            for source in sources:
                self._servables.setdefault(source.name, {})
            for name in self._servables.keys() - {source.name for source in sources}:
                aspire(self._servables[name], name, {})
            self._next_scan = 0.0

    def labelled_version(self, name: str, label: str) -> int | None:
        """The version that a label stands for; None for a label that the model does not have."""
        return self._labels.get(name, {}).get(label)

    def labels(self) -> Mapping[str, Mapping[str, int]]:
        """For each model's name, the version that each label stands for."""
        return self._labels

    def start(self) -> None:
        """Starts scanning and loading."""
        self._thread.start()

    def stop(self) -> None:
        """Stops scanning, and unloads everything once the requests in flight are done."""
        self._stopping.set()
        self._thread.join()
        for servable in self._all():
            if servable.is_serving:
                self._move(servable, State.UNLOADING)
        with self._changed:
            self._changed.wait_for(lambda: not any(s.in_flight for s in self._all()))
        self._finish_unloads()

    def wait_until_serving(self, timeout_seconds: float) -> bool:
        """Waits until every model serves a version or one cannot be loaded.

        Args:
            timeout_seconds: How long to wait.

        Returns:
            Whether that came to pass before the timeout; `failures` tells which of the two it was.
        """
        with self._changed:
            return self._changed.wait_for(
                lambda: bool(self.failures()) or all(map(self._serves, self._names())),
                timeout_seconds,
            )

    def failures(self) -> list[Servable]:
        """The versions that could not be loaded, of models that serve none and try none."""
        with self._changed:
            return [
                servable
                for name in self._names()
                if all(s.state is State.END for s in self._servables[name].values())
                for servable in self._servables[name].values()
                if servable.error is not None and servable.is_aspired
            ]

    def versions(self, name: str) -> Mapping[int, Servable]:
        """Every version of a model that this server has seen, ended ones too; empty if none."""
        with self._changed:
            return dict(self._servables.get(name, {}))

    @contextmanager
    def lend(self, name: str, version: int | None) -> Iterator[tuple[SavedModel, int]]:
        """Lends a model for a request; it is not unloaded before the request is done.

        Args:
            name: the model's name.
            version: the version wanted, or None for the highest that is available.

        Yields:
            The loaded model and its version.

        Raises:
            StatusError: NOT_FOUND, in the words of core/basic_manager.cc.
        """
        with self._changed:
            servable = self._lookup(name, version)
            servable.in_flight += 1
        try:
            if servable.model is None:
                raise RuntimeError(
                    f"{name} version {servable.version} is available without a model."
                )
            yield servable.model, servable.version
        finally:
            with self._changed:
                servable.in_flight -= 1
                self._changed.notify_all()

    def _lookup(self, name: str, version: int | None) -> Servable:
        serving = {s.version: s for s in self._servables.get(name, {}).values() if s.is_serving}
        if version is None:
            if not serving:
                raise not_found(f"Servable not found for request: Latest({name})")
            return serving[max(serving)]
        if version not in serving:
            raise not_found(f"Servable not found for request: Specific({name}, {version})")
        return serving[version]

    def _manage(self) -> None:
        while not self._stopping.wait(_TICK_SECONDS):
            if time.monotonic() >= self._next_scan:
                poll = self._options.poll_seconds
                self._next_scan = time.monotonic() + poll if poll > 0 else float("inf")
                self._scan()
            for name in list(self._servables):
                self._act(name)
            self._finish_unloads()

    def _scan(self) -> None:
        """Looks into every folder; while one is missing, everything stays as it is."""
        sources = self._sources
        try:
            found = scan_all(sources)
        except OSError as error:
            self._report_scan(str(error))
            return
        self._report_scan("")
        with self._changed:
            if self._sources is sources:  # else other models are wanted by now
                for name, paths in found.items():
                    aspire(self._servables[name], name, paths)

    def _report_scan(self, problem: str) -> None:
        """Logs what hinders the scans, once for as long as it lasts."""
        if problem and problem != self._scan_problem:
            _LOG.error(problem)
        self._scan_problem = problem

    def _act(self, name: str) -> None:
        with self._changed:
            action = next_action(self._servables[name].values(), time.monotonic())
        if action is None:
            return
        if action.verb is Verb.LOAD:
            self._load(action.servable)
        else:
            self._move(action.servable, State.UNLOADING)

    def _load(self, servable: Servable) -> None:
        self._move(servable, State.LOADING)
        try:
            model = self._load_model(servable.path)
        except Exception as error:  # this thread serves every model: one folder must not end it
            self._record_failure(servable, as_status(error))
            return
        servable.model = model
        servable.failure = None
        self._move(servable, State.AVAILABLE)

    def _record_failure(self, servable: Servable, error: StatusError) -> None:
        _LOG.warning(
            "Loading %s version %d failed: %s: %s",
            *(servable.name, servable.version, error.code.name, error.message),
            exc_info=error.__cause__,
        )
        servable.failure = error
        servable.failed_attempts += 1
        servable.retry_at = time.monotonic() + self._options.retry_seconds
        if servable.failed_attempts > self._options.max_load_retries:
            self._move(servable, State.END)

    def _finish_unloads(self) -> None:
        """Frees the models that no request uses any more."""
        with self._changed:
            drained = [s for s in self._all() if s.state is State.UNLOADING and not s.in_flight]
        for servable in drained:
            if servable.model is not None:
                servable.model.close()
                servable.model = None
            self._move(servable, State.END)

    def _move(self, servable: Servable, state: State) -> None:
        with self._changed:
            servable.state = state
            self._changed.notify_all()
        _LOG.info("%s version %d is %s", servable.name, servable.version, state.name)

    def _names(self) -> list[str]:
        return [source.name for source in self._sources]

    def _serves(self, name: str) -> bool:
        return any(servable.is_serving for servable in self._servables[name].values())

    def _all(self) -> list[Servable]:
        with self._changed:
            return [s for versions in self._servables.values() for s in versions.values()]

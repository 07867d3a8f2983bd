"""Keeps the versions of every model loaded as their folders ask, and lends them to requests.

core/aspired_versions_manager.cc. One thread scans the folders, loads and unloads. Requests only
look up a model, under a lock that is never held while a model loads or runs.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

from serving.server.models.lifecycle import Servable, State, aspire, next_step
from serving.server.models.versions import ModelSource
from serving.server.runtime.saved_model import SavedModel
from serving.server.status import StatusError, as_status, not_found

_TICK_SECONDS: Final = 0.1  # manage_state_interval_micros
_LOG: Final = logging.getLogger(__name__)


class ServableManager:
    """Loads, swaps and unloads the versions of models; lends them to requests.

    Args:
        sources: The models to serve.
        load: Loads the SavedModel in a folder.
        poll_seconds: Time between two scans of the folders; 0 scans once.
        max_load_retries: Attempts after the first failed one before a version is given up.
        retry_seconds: Time between two attempts.
    """

    def __init__(
        self,
        sources: Iterable[ModelSource],
        load: Callable[[Path], SavedModel],
        *,
        poll_seconds: float,
        max_load_retries: int,
        retry_seconds: float,
    ) -> None:
        self._load_model = load
        self._poll_seconds = poll_seconds
        self._max_load_retries = max_load_retries
        self._retry_seconds = retry_seconds
        self._sources = {source.name: source for source in sources}
        self._servables: dict[str, dict[int, Servable]] = {name: {} for name in self._sources}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._manage, name="servable-manager", daemon=True)
        self._next_scan = 0.0
        self._scan_problem = ""

    def labelled_version(self, name: str, label: str) -> int | None:
        """The version of a model that a label stands for; None for an unknown one."""
        return self._sources[name].labels.get(label) if name in self._sources else None

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
        """Waits until every model serves, or one has `failures`; whether that happened in time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: bool(self.failures()) or all(map(self._serves, self._sources)),
                timeout_seconds,
            )

    def failures(self) -> list[Servable]:
        """The versions that could not be loaded, of models that serve none and try none."""
        with self._changed:
            return [
                servable
                for versions in self._servables.values()
                if all(s.state is State.END for s in versions.values())
                for servable in versions.values()
                if servable.error is not None and servable.is_aspired
            ]

    def versions(self, name: str) -> Mapping[int, Servable]:
        """Every version of a model that this server has seen, ended ones too; empty if none."""
        with self._changed:
            return dict(self._servables.get(name, {}))

    @contextmanager
    def lend(self, name: str, version: int | None) -> Iterator[tuple[SavedModel, int]]:
        """Lends a model and tells its version; it is not unloaded before the request is done.

        A version of None asks for the highest available. One that is not is a StatusError,
        NOT_FOUND, in the words of core/basic_manager.cc.
        """
        with self._changed:
            servable = self._lookup(name, version)
            servable.in_flight += 1
        try:
            # A version that is available has a model.
            yield cast("SavedModel", servable.model), servable.version
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
            self.tick()

    def tick(self) -> None:
        """Scans the folders if it is time, takes one step for each model, frees unused models."""
        if time.monotonic() >= self._next_scan:
            poll = self._poll_seconds
            self._next_scan = time.monotonic() + poll if poll > 0 else float("inf")
            self._scan()
        for versions in self._servables.values():
            with self._changed:
                step = next_step(versions.values(), time.monotonic())
            if step is not None:
                self._move(*step)
                if step.state is State.LOADING:
                    self._load(step.servable)
        self._finish_unloads()

    def _scan(self) -> None:
        """Looks into every folder. While one is missing, everything stays as it is."""
        try:
            found = {name: source.scan() for name, source in self._sources.items()}
        except OSError as error:
            if str(error) != self._scan_problem:  # log it once, as long as it lasts
                _LOG.error("%s", error)
            self._scan_problem = str(error)
            return
        self._scan_problem = ""
        with self._changed:
            for name, paths in found.items():
                aspire(self._servables[name], name, paths)

    def _load(self, servable: Servable) -> None:
        try:
            servable.model = self._load_model(servable.path)
        except Exception as error:  # this thread serves every model: one folder must not end it
            self._record_failure(servable, as_status(error))
            return
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
        servable.retry_at = time.monotonic() + self._retry_seconds
        if servable.failed_attempts > self._max_load_retries:
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

    def _serves(self, name: str) -> bool:
        return any(servable.is_serving for servable in self._servables[name].values())

    def _all(self) -> list[Servable]:
        with self._changed:
            return [s for versions in self._servables.values() for s in versions.values()]

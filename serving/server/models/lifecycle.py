"""The life of a version, and the next step that keeps a model from ever being without one.

The rule of core/availability_preserving_policy.cc: load the new version, then unload the old one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from serving.server.runtime.saved_model import SavedModel
from serving.server.status import StatusError


class State(IntEnum):
    """The states of ModelVersionStatus, with its numbers (apis/get_model_status.proto)."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(kw_only=True, eq=False)
class Servable:
    """One version of one model. Only its manager changes it, under the manager's lock."""

    name: str
    version: int
    path: Path
    state: State = State.START
    is_aspired: bool = True  # whether the version policy wants it served now
    failure: StatusError | None = None  # of the last attempt to load it
    failed_attempts: int = 0
    retry_at: float = 0.0  # seconds of the monotonic clock
    model: SavedModel | None = None  # from AVAILABLE until it is unloaded
    in_flight: int = 0  # requests that use the model now

    @property
    def error(self) -> StatusError | None:
        """The failure that ended it; None while it will be tried again."""
        return self.failure if self.state is State.END else None

    @property
    def awaits_loading(self) -> bool:
        """Whether it waits to be loaded, for the first time or again after a failure."""
        failed = self.state is State.LOADING and self.failed_attempts > 0
        return failed or self.state is State.START

    @property
    def is_serving(self) -> bool:
        """Whether requests reach it."""
        return self.state is State.AVAILABLE


class Step(NamedTuple):
    """A servable, and the state to move it to: LOADING or UNLOADING."""

    servable: Servable
    state: State


def aspire(servables: dict[int, Servable], name: str, paths: Mapping[int, Path]) -> None:
    """Notes in the versions of a model which are wanted now: those that have a path.

    A version that failed is tried again only after its folder was gone for a while.
    """
    for version, servable in servables.items():
        if version not in paths:
            servable.is_aspired = False
            if servable.awaits_loading:
                servable.state = State.END
    for version, path in paths.items():
        known = servables.get(version)
        if known is None or (known.state is State.END and not known.is_aspired):
            servables[version] = Servable(name=name, version=version, path=path)
        elif known.state is not State.UNLOADING:
            known.is_aspired = True


def next_step(servables: Collection[Servable], now: float) -> Step | None:
    """The next step for the versions of one model, or None if there is none.

    An unwanted version is unloaded if a wanted one serves, if no version is wanted, or if another
    unwanted one still serves. Otherwise the highest waiting version is loaded; a failed load waits
    until `now`, in seconds of the monotonic clock, reaches its time.
    """
    aspired = [servable for servable in servables if servable.is_aspired]
    unwanted = [
        servable for servable in servables if servable.is_serving and not servable.is_aspired
    ]
    replaced = any(servable.is_serving for servable in aspired)
    if unwanted and (not aspired or replaced or len(unwanted) > 1):
        return Step(min(unwanted, key=lambda servable: servable.version), State.UNLOADING)
    waiting = [s for s in aspired if s.awaits_loading and s.retry_at <= now]
    if waiting:
        return Step(max(waiting, key=lambda servable: servable.version), State.LOADING)
    return None

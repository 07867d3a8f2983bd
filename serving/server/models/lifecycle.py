"""What to load or unload next, so that a model never goes without a version.

The rule of core/availability_preserving_policy.cc: load the new version first, then unload the old
one.
"""

from collections.abc import Collection, Mapping
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from serving.server.models.servable import Servable, State


class Verb(Enum):
    """What to do with a servable."""

    LOAD = "load"
    UNLOAD = "unload"


class Action(NamedTuple):
    """One step of the lifecycle."""

    verb: Verb
    servable: Servable


def aspire(servables: dict[int, Servable], name: str, paths: Mapping[int, Path]) -> None:
    """Notes which versions of a model are wanted now.

    A version that has ended is begun anew only once it was gone for a while: as long as its folder
    stays, a failed one is not tried again.

    Args:
        servables: the versions of the model, which this changes.
        name: the model's name.
        paths: the versions wanted, with their folders.
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


def next_action(servables: Collection[Servable], now: float) -> Action | None:
    """The next step for the versions of one model, or None when all is as wished.

    A version that is no longer wanted is unloaded once a wanted one serves, or nothing is wanted
    any more, or another unwanted one still serves; else the highest version that waits is loaded.

    Args:
        servables: the versions of one model.
        now: seconds of the monotonic clock; a failed load is tried again when its time has come.
    """
    aspired = [servable for servable in servables if servable.is_aspired]
    unwanted = [
        servable for servable in servables if servable.is_serving and not servable.is_aspired
    ]
    replaced = any(servable.is_serving for servable in aspired)
    if unwanted and (not aspired or replaced or len(unwanted) > 1):
        return Action(Verb.UNLOAD, min(unwanted, key=lambda servable: servable.version))
    waiting = [s for s in aspired if s.awaits_loading and s.retry_at <= now]
    if waiting:
        return Action(Verb.LOAD, max(waiting, key=lambda servable: servable.version))
    return None

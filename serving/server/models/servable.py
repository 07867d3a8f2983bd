"""One version of one model, from its appearance on disk to its end."""

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

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
    """One version of one model. Only its manager changes it, under the manager's lock.

    Attributes:
        name: the model's name.
        version: the version's number.
        path: its folder.
        state: where in its life it is.
        is_aspired: whether the version policy wants it served now.
        failure: what the last attempt to load it met; None once it is loaded.
        failed_attempts: how often loading has failed so far.
        retry_at: when to try again, in seconds of the monotonic clock.
        model: the loaded model, from AVAILABLE until it is unloaded.
        in_flight: requests that use the model now.
    """

    name: str
    version: int
    path: Path
    state: State = State.START
    is_aspired: bool = True
    failure: StatusError | None = None
    failed_attempts: int = 0
    retry_at: float = 0.0
    model: SavedModel | None = None
    in_flight: int = 0

    @property
    def error(self) -> StatusError | None:
        """Why it has ended, where that was a failure; while it is tried again there is none yet."""
        return self.failure if self.state is State.END else None

    @property
    def awaits_loading(self) -> bool:
        """Whether it is to be loaded, for the first time or again after a failure."""
        return self.state is State.START or (
            self.state is State.LOADING and self.failed_attempts > 0
        )

    @property
    def is_serving(self) -> bool:
        """Whether requests reach it."""
        return self.state is State.AVAILABLE

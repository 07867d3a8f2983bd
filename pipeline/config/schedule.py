"""The configuration of unattended runs, the same for every scheduler."""

from dataclasses import dataclass
from typing import Final

_POSITIVE: Final = (
    "retry_minutes",
    "max_retry_minutes",
    "node_timeout_minutes",
    "deadline_minutes",
)


@dataclass(frozen=True, kw_only=True)
class ScheduleConfig:
    """Section `[schedule]`.

    Attributes:
        cron: when a run starts, as five cron fields in UTC.
        retries: how often a node that failed is tried again.
        retry_minutes: how long to wait before the first of these; each later wait is about twice as
            long.
        max_retry_minutes: the longest wait.
        node_timeout_minutes: a node that takes longer is stopped, and has failed.
        deadline_minutes: a run that takes longer is reported as late, and goes on.
    """

    cron: str = "0 3 * * *"
    retries: int = 2
    retry_minutes: float = 5.0
    max_retry_minutes: float = 60.0
    node_timeout_minutes: float = 180.0
    deadline_minutes: float = 360.0

    def __post_init__(self) -> None:
        if len(self.cron.split()) != 5:
            raise ValueError(
                "cron should be five fields: minute, hour, day of month, month, day of week. "
                f"Received: {self.cron!r}"
            )
        if self.retries < 0:
            raise ValueError(f"retries should not be negative. Received: {self.retries}")
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} should be positive. Received: {getattr(self, name)}")

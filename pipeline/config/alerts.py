"""Section `[alerts]`: who is told how a run ended."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

AlertStatus = Literal["succeeded", "not_blessed", "failed", "interrupted", "late"]


@dataclass(frozen=True, kw_only=True)
class AlertsConfig:
    """Section `[alerts]`.

    Attributes:
        on: the statuses of a run that are told; `late` is a scheduler's word for one that takes
            longer than `schedule.deadline_minutes`.
        command: a program and its arguments, which gets the outcome as JSON on its standard input.
        webhook: an http or https address that the outcome is posted to, as JSON.
        webhook_variable: the environment variable that holds the address, where it is a secret.
        timeout_seconds: the longest that each may take.
    """

    on: tuple[AlertStatus, ...] = ("not_blessed", "failed", "late")
    command: tuple[str, ...] = ()
    webhook: str | None = None
    webhook_variable: str | None = None
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        if self.timeout_seconds <= 0:
            raise ValueError(
                f"timeout_seconds should be positive. Received: {self.timeout_seconds:g}"
            )
        if self.webhook is not None:
            if self.webhook_variable is not None:
                raise ValueError(
                    "webhook and webhook_variable exclude each other. Received: "
                    f"{self.webhook_variable!r} beside an address"
                )
            check_address(self.webhook)


def check_address(address: str) -> None:
    """Refuses what no webhook can be at.

    Raises:
        ValueError: it is no http or https address.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(
            "webhook should be an address like https://host/path. Received one that starts with: "
            f"{address[:8]!r}"
        )

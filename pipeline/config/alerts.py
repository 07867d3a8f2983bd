"""Section `[alerts]`: who is told how a run ended."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from movielens.section import FilledText, ListOf, Positive, Section, matching

AlertStatus = Literal["succeeded", "not_blessed", "failed", "interrupted", "late"]


class AlertsConfig(Section):
    """Who is told how a run ended."""

    on: ListOf[AlertStatus] = Field(
        ("not_blessed", "failed", "late"),
        description="The statuses that are reported. A scheduler reports `late` if a run takes "
        "longer than `schedule.deadline_minutes`.",
    )
    command: ListOf[str] = Field(
        (),
        description="A program and its arguments. It gets the outcome as JSON on standard input.",
    )
    webhook: str | None = Field(
        None, description="An http or https address that the outcome is posted to, as JSON."
    )
    webhook_variable: FilledText | None = Field(
        None,
        description="The environment variable that holds the address, if the address is a secret.",
    )
    timeout_seconds: Positive = Field(
        10.0, description="The longest that command and webhook may take, each."
    )

    metrics_file: (
        Annotated[str, matching(r".*[^/]\.prom", "a file whose name ends in `.prom`")] | None
    ) = Field(
        None,
        description="The file that every run's numbers are written to, for the textfile collector "
        "of Prometheus's node exporter. Its folder must exist.",
    )

    @field_validator("webhook")
    @classmethod
    def _require_address(cls, webhook: str | None) -> str | None:
        if webhook is not None:
            check_address(webhook)
        return webhook

    @model_validator(mode="after")
    def _require_one_address(self) -> Self:
        if self.webhook is not None and self.webhook_variable is not None:
            raise ValueError(
                "webhook and webhook_variable exclude each other. Received: "
                f"{self.webhook_variable!r} beside an address"
            )
        return self


def check_address(address: str) -> None:
    """Raises a ValueError if this is no http or https address. It may be a secret: not quoted."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(
            "should be an address like https://host/path. Received one that starts with: "
            f"{address[:8]!r}"
        )

"""Section `[schedule]`: unattended runs, the same for every scheduler."""

from typing import Annotated

from pydantic import Field

from movielens.section import Positive, Section, matching


class ScheduleConfig(Section):
    """When a scheduler starts runs, how often it retries a node, and when it stops waiting."""

    cron: Annotated[
        str,
        matching(
            r"\s*\S+(\s+\S+){4}\s*", "five fields: minute, hour, day of month, month, day of week"
        ),
    ] = Field("0 3 * * *", description="When a run starts, in UTC.")
    retries: Annotated[int, Field(ge=0, le=1_000)] = Field(
        2, description="How often a node that failed is tried again."
    )
    retry_minutes: Positive = Field(
        5.0,
        description="How long to wait before the first retry. Each later wait is about twice as "
        "long.",
    )
    max_retry_minutes: Positive = Field(60.0, description="The longest wait before a retry.")
    node_timeout_minutes: Positive = Field(
        180.0, description="A node that takes longer is stopped, and has failed."
    )
    deadline_minutes: Positive = Field(
        360.0, description="A run that takes longer is reported as late, and goes on."
    )

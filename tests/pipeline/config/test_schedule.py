import pytest

from pipeline.config import load_config
from pipeline.errors import UsageError


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("schedule.cron='@daily'", r"cron` should be five fields.*Received: '@daily'"),
        ("schedule.cron='0 3 * *'", r"cron` should be five fields.*Received: '0 3 \* \*'"),
        ("schedule.retries=-1", r"retries` should be a whole number from 0 .* Received: -1"),
        ("schedule.retry_minutes=0", r"retry_minutes` should be a number above 0\. Received: 0"),
        ("schedule.deadline_minutes=-0.0", r"deadline_minutes` should be .* Received: -0\.0"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(override: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_config(overrides=[override])

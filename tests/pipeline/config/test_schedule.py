import pytest

from pipeline.config.schedule import ScheduleConfig


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cron": "@daily"}, "five fields.*Received: '@daily'"),
        ({"cron": "0 3 * *"}, r"five fields.*Received: '0 3 \* \*'"),
        ({"retries": -1}, "retries should not be negative. Received: -1"),
        ({"retry_minutes": 0.0}, "retry_minutes should be positive. Received: 0.0"),
        ({"node_timeout_minutes": -2.0}, "node_timeout_minutes should be positive. Received: -2.0"),
        ({"deadline_minutes": 0.0}, "deadline_minutes should be positive. Received: 0.0"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        ScheduleConfig(**options)

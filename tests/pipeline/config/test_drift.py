import pytest

from pipeline.config import load_config
from pipeline.config.drift import DriftConfig
from pipeline.errors import UsageError


def test_nothing_is_compared_unless_asked_for() -> None:
    assert not DriftConfig().enabled
    assert DriftConfig(max_growth=2.0).enabled


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("drift.l_infinity.rating=0.1", "l_infinity knows the features genres. Received: 'rating'"),
        ("drift.jensen_shannon.rating=1.5", r"jensen_shannon\.rating .* Received: 1\.5"),
        ("drift.min_growth=0.0", r"min_growth should be above 0\. Received: 0\.0"),
    ],
)
def test_thresholds_of_no_sense_are_refused(option: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_config(overrides=[option])

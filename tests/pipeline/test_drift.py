import pytest

from pipeline.config import load_config
from pipeline.drift import DriftConfig, drift_comparators
from pipeline.errors import UsageError


def test_nothing_is_compared_unless_asked_for() -> None:
    assert not DriftConfig().enabled
    assert DriftConfig(max_growth=2.0).enabled


def test_thresholds_reach_the_measure_of_their_feature() -> None:
    config = DriftConfig(
        l_infinity={"genres": 0.25}, jensen_shannon={"rating": 0.5}, min_growth=0.75
    )
    whole = drift_comparators(config).default_slice_config
    genres, rating = whole.feature
    assert list(genres.path.step) == ["genres"]
    assert genres.distribution_comparator.infinity_norm.threshold == 0.25
    assert rating.distribution_comparator.jensen_shannon_divergence.threshold == 0.5
    assert whole.num_examples_comparator.min_fraction_threshold == 0.75
    assert not whole.num_examples_comparator.HasField("max_fraction_threshold")


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

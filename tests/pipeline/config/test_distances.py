import pytest

from pipeline.config import load_config
from pipeline.config.distances import DriftConfig, SkewConfig
from pipeline.errors import UsageError

LOG = "skew.serving_log=/srv/log/requests"


def test_no_spans_are_compared_unless_asked_for() -> None:
    assert not DriftConfig().enabled
    assert DriftConfig(max_growth=2.0).enabled


def test_nothing_is_compared_without_a_log() -> None:
    assert not SkewConfig().enabled
    config = load_config(overrides=[LOG, "skew.l_infinity.genres=0.1"]).skew
    assert config.enabled
    assert config.log_pattern == "/srv/log/requests"


def test_a_relative_log_is_found_from_anywhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(str(tmp_path))
    config = SkewConfig(serving_log="log/r-*", l_infinity={"genres": 0.1})
    assert config.log_pattern == f"{tmp_path}/log/r-*"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["drift.l_infinity.rating=0.1"], r"`drift\.l_infinity\.rating`; valid keys: genres"),
        (["drift.jensen_shannon.rating=1.5"], r"jensen_shannon\.rating` should be .*: 1\.5"),
        (["drift.min_growth=0.0"], r"min_growth` should be a number above 0\. Received: 0\.0"),
        ([LOG], r"\[skew\]: serving_log is given without a threshold.* l_infinity or"),
        (["skew.l_infinity.genres=0.1"], "thresholds are given without serving_log"),
        (["skew.serving_log= "], "`skew.serving_log` should not be blank. Received: ''"),
        ([LOG, "skew.l_infinity.rating=0.1"], "rating`; valid keys: genres, movie_id"),
        ([LOG, "skew.jensen_shannon.history_length=2"], r"history_length` .* Received: 2"),
        (["skew.min_rows=0"], r"min_rows` should be a whole number from 1 .* Received: 0"),
    ],
)
def test_thresholds_of_no_sense_are_refused(overrides: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_config(overrides=overrides)

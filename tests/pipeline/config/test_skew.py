import pytest

from pipeline.config import load_config
from pipeline.config.skew import SkewConfig
from pipeline.errors import UsageError

LOG = "skew.serving_log=/srv/log/requests"


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
        ([LOG], r"\[skew\]: serving_log is given without a threshold.* genres, movie_id or"),
        (["skew.l_infinity.genres=0.1"], "thresholds are given without serving_log"),
        (["skew.serving_log= "], "serving_log should be .* Received: ''"),
        ([LOG, "skew.l_infinity.rating=0.1"], "knows the features genres, movie_id. .*'rating'"),
        ([LOG, "skew.jensen_shannon.history_length=2"], r"history_length .* Received: 2"),
        (["skew.min_rows=0"], r"min_rows should be at least 1\. Received: 0"),
    ],
)
def test_options_of_no_sense_are_refused(overrides: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_config(overrides=overrides)

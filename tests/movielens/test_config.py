from typing import Any

import pytest

from movielens.config import IngestConfig, ReadOptions
from movielens.errors import IngestConfigError


def test_config_survives_a_round_trip_through_a_dictionary() -> None:
    config = IngestConfig(split="random", history="past", max_history=7, seed=3, test_fraction=0.3)
    assert IngestConfig.from_dict(config.to_dict()) == config


def test_unknown_option_is_refused_by_name() -> None:
    with pytest.raises(IngestConfigError, match="Unknown option of the data: max_histroy"):
        IngestConfig.from_dict({"max_histroy": 10})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "chronological"}, "split should be one of temporal.*'chronological'"),
        ({"split": "reference-leaky"}, "not be 'reference-leaky', which exists for the scoreboard"),
        ({"history": "future"}, "history should be one of leave_one_out, past.*'future'"),
        ({"max_history": 0}, "max_history should be .* at least 1. Received: 0"),
        ({"max_history": 2.5}, "max_history should be a whole number.*2.5"),
        ({"seed": True}, "seed should be a whole number.*True"),
        ({"eval_fraction": 1.0}, "eval_fraction should be .* below 1. Received: 1.0"),
        ({"max_bad_row_fraction": -0.1}, "max_bad_row_fraction .* Received: -0.1"),
        ({"split": "random", "test_fraction": 0.6, "eval_fraction": 0.4}, "sum below 1"),
        ({"split": "reference", "test_fraction": 0.2}, "left out with split = 'reference'"),
    ],
)
def test_option_out_of_range_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(IngestConfigError, match=message):
        IngestConfig(**options)


@pytest.mark.parametrize(
    ("split", "fraction"),
    [("temporal", 0.2), ("random", 0.1), ("global_time", 0.1), ("reference", 0.3)],
)
def test_test_fraction_defaults_to_the_protocol_of_the_split(split: Any, fraction: float) -> None:
    assert IngestConfig(split=split).resolved_test_fraction == fraction


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": {"user": "user_id"}}, r"to userId, movieId, .*Received: user = 'user_id'"),
        ({"timestamp_unit": "min"}, r"timestamp_unit should be one of s, ms, us, .*'min'"),
        ({"encoding": "klingon"}, r"encoding should be one that Python knows .*'klingon'"),
        ({"encoding": "utf-16"}, r"encoding should be one .* as they are.*'utf-16'"),
        ({"encoding": "base64"}, r"encoding should be one .*'base64'"),
    ],
)
def test_an_odd_way_to_read_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(IngestConfigError, match=message):
        ReadOptions(**options)


@pytest.mark.parametrize("encoding", ["cp949", "EUC-KR", "shift_jis", "gb18030", "latin-1"])
def test_what_has_ascii_as_it_is_may_be_named(encoding: str) -> None:
    assert ReadOptions(encoding=encoding).encoding == encoding

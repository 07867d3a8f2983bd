from typing import Any

import pytest

from movielens.config import IngestConfig, ReadOptions


def test_config_survives_a_round_trip_through_a_dictionary() -> None:
    config = IngestConfig(split="random", max_history=7, seed=3, test_fraction=0.3)
    assert IngestConfig.model_validate_json(config.model_dump_json()) == config


def test_unknown_option_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"max_histroy\n  Extra inputs are not permitted"):
        IngestConfig.model_validate({"max_histroy": 10})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "chronological"}, r"split\n.* should be 'temporal', .*'chronological'"),
        ({"split": "reference-leaky"}, "not be 'reference-leaky', which exists for the scoreboard"),
        ({"max_history": 0}, r"max_history\n.* greater than or equal to 1 .*=0"),
        ({"max_history": 2.5}, r"max_history\n.* valid integer .*=2\.5"),
        ({"seed": True}, r"seed\n.* valid integer .*=True"),
        ({"eval_fraction": 1.0}, r"eval_fraction\n.* less than 1 .*=1\.0"),
        ({"max_bad_row_fraction": -0.1}, r"max_bad_row_fraction\n.* or equal to 0 .*=-0\.1"),
        ({"split": "random", "test_fraction": 0.6, "eval_fraction": 0.4}, "sum below 1"),
        ({"split": "reference", "test_fraction": 0.2}, "left out with split = 'reference'"),
    ],
)
def test_option_out_of_range_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
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
        (
            {"columns": {"user": "user_id"}},
            r"columns\.user\n.* should be 'userId', 'movieId', .*'user_id'",
        ),
        ({"timestamp_unit": "min"}, r"timestamp_unit\n.* should be 's', 'ms', 'us', .*'min'"),
        ({"encoding": "klingon"}, r"should be an encoding that Python knows .*'klingon'"),
        ({"encoding": "utf-16"}, r"should be an encoding .* as they are.*'utf-16'"),
        ({"encoding": "base64"}, r"should be an encoding .*'base64'"),
    ],
)
def test_an_odd_way_to_read_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ReadOptions(**options)


@pytest.mark.parametrize("encoding", ["cp949", "EUC-KR", "shift_jis", "gb18030", "latin-1"])
def test_what_has_ascii_as_it_is_may_be_named(encoding: str) -> None:
    assert ReadOptions(encoding=encoding).encoding == encoding

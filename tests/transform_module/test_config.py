import pytest

from transform_module.config import TransformConfig


def test_round_trip_through_plain_values() -> None:
    config = TransformConfig(folds=7, movie_damping=2.5)
    assert TransformConfig.model_validate(config.model_dump()) == config


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"folds": 1}, r"folds\n.* greater than or equal to 2 .*=1"),
        ({"movie_damping": 0.0}, r"movie_damping\n.* greater than 0 .*=0\.0"),
        ({"user_damping": -2.0}, r"user_damping\n.* greater than 0 .*=-2\.0"),
        ({"fold": 3}, r"fold\n  Extra inputs are not permitted"),
    ],
)
def test_wrong_options_are_refused_by_name(values: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TransformConfig.model_validate(values)

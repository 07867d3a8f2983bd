import pytest

from transform_module.config import TransformConfig


def test_round_trip_through_plain_values():
    config = TransformConfig(folds=7, movie_damping=2.5)
    assert TransformConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"folds": 1}, r"folds must be at least 2.*Received: 1"),
        ({"movie_damping": 0.0}, r"movie_damping must be positive.*Received: 0"),
        ({"user_damping": -2.0}, r"user_damping must be positive.*Received: -2"),
        ({"fold": 3}, r"Unknown key in \[transform\]: \['fold'\].*folds"),
    ],
)
def test_wrong_options_are_refused_by_name(values, message):
    with pytest.raises(ValueError, match=message):
        TransformConfig.from_dict(values)

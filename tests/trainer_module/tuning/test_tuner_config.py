from typing import Any

import pytest

from trainer_module.config import TrainerConfig
from trainer_module.tuning.tuner_config import TunerConfig, tuned, tuned_options

CONFIG = TrainerConfig(model="gp_dnn", learning_rate=0.001, hidden_units=(8,))


def found(**values: Any) -> dict[str, Any]:
    return {"space": [], "values": {"model": "gp_dnn", "objective": "ordinal"} | values}


def test_round_trip_through_plain_values() -> None:
    config = TunerConfig(enabled=True, trials=3, max_minutes=0.5, seed=7)
    assert TunerConfig.model_validate(config.model_dump()) == config


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"trials": 0}, r"trials\n.* greater than or equal to 1 .*=0"),
        ({"max_minutes": 0.0}, r"max_minutes\n.* greater than 0 .*=0\.0"),
        ({"max_minutes": float("nan")}, r"max_minutes\n.* finite number .*=nan"),
        ({"max_minutes": float("inf")}, r"max_minutes\n.* finite number .*=inf"),
        ({"seed": -1}, r"seed\n.* greater than or equal to 0 .*=-1"),
        ({"trails": 3}, r"trails\n  Extra inputs are not permitted"),
    ],
)
def test_wrong_options_are_refused_by_name(values: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TunerConfig.model_validate(values)


@pytest.mark.parametrize("model", ["dummy", "popular", "bias"])
def test_a_model_with_nothing_to_tune_is_named(model: str) -> None:
    with pytest.raises(ValueError, match=rf"something to tune, as mf, .*Received: '{model}'"):
        tuned_options(model)


def test_without_a_search_the_configured_values_stay() -> None:
    assert tuned(CONFIG, None) is CONFIG


def test_what_was_found_is_laid_over_the_configured_values() -> None:
    values = found(learning_rate=0.002, hidden_units="[16, 16]")
    expected = CONFIG.replace(learning_rate=0.002, hidden_units=(16, 16))
    assert tuned(CONFIG, values) == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (found(model="mf"), r"of trainer\.model 'gp_dnn'\. Received: those of 'mf'"),
        (found(objective="mse"), r"of trainer\.objective 'ordinal'\. Received: those of 'mse'"),
        ({"values": {}}, r"of trainer\.model 'gp_dnn'\. Received: those of None"),
        (found(max_history=3), r"among learning_rate, .*Received: max_history"),
        (found(dropout=1.5), r"dropout\n.* less than 1 .*=1\.5"),
    ],
)
def test_hyper_parameters_of_something_else_are_refused(
    values: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        tuned(CONFIG, values)

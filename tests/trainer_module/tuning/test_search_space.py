from typing import Any

import pytest

from trainer_module.config import TrainerConfig
from trainer_module.registry import MODELS
from trainer_module.tuning.tuner import search_space
from trainer_module.tuning.tuner_config import tuned


@pytest.mark.parametrize("model", [name for name, spec in MODELS.items() if spec.tuned])
def test_the_defaults_are_the_configured_values(model: str) -> None:
    config = TrainerConfig(model=model)
    space = search_space(config)
    assert tuned(config, space.get_config()) == config
    assert set(space.values) == {"model", "objective", *MODELS[model].tuned}


def ranges(**options: Any) -> dict[str, Any]:
    config = TrainerConfig(**options)
    return {each.name: each for each in search_space(config).space}


def bounds(hyperparameter: Any) -> tuple[float, float]:
    return hyperparameter.min_value, hyperparameter.max_value


def test_rates_and_penalties_lie_around_the_configured_value_by_a_factor() -> None:
    space = ranges(model="mf", learning_rate=0.002, embedding_l2=0.01)
    assert bounds(space["learning_rate"]) == pytest.approx((0.0005, 0.008))
    assert bounds(space["embedding_l2"]) == pytest.approx((0.001, 0.1))
    assert {space[name].sampling for name in ("learning_rate", "embedding_l2")} == {"log"}


@pytest.mark.parametrize(
    ("dropout", "expected"), [(0.1, (0.0, 0.3)), (0.4, (0.2, 0.6)), (0.9, (0.7, 0.95))]
)
def test_shares_stay_between_nothing_and_less_than_all(
    dropout: float, expected: tuple[float, float]
) -> None:
    assert bounds(ranges(model="gp_dnn", dropout=dropout)["dropout"]) == pytest.approx(expected)


def test_numbers_are_halved_and_doubled() -> None:
    space = ranges(model="gp_dnn", members=3, epochs=1, batch_size=64)
    assert bounds(space["members"]) == (2, 6)
    assert bounds(space["epochs"]) == (1, 2)
    assert space["batch_size"].values == [32, 64, 128]


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ((8, 6), ["[8, 6]", "[4, 3]", "[16, 12]", "[8]", "[8, 6, 6]"]),
        ((1,), ["[1]", "[2]", "[1, 1]"]),
    ],
)
def test_layers_are_widened_narrowed_dropped_and_added(
    units: tuple[int, ...], expected: list[str]
) -> None:
    assert ranges(model="gp_dnn", hidden_units=units)["hidden_units"].values == expected


def test_what_is_off_stays_off() -> None:
    space = ranges(model="mf_dnn", embedding_l2=0.0, dropout=0.0, hidden_units=())
    assert not {"embedding_l2", "dropout", "hidden_units"} & set(space)


def test_a_model_with_nothing_to_tune_has_no_space() -> None:
    with pytest.raises(ValueError, match="Received: 'bias'"):
        search_space(TrainerConfig(model="bias"))

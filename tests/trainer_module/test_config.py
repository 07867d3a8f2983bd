import pytest

from trainer_module.config import MODELS, TrainerConfig
from trainer_module.models import MODELS as REGISTRY


def test_config_and_registry_name_the_same_models():
    assert set(MODELS) == set(REGISTRY)


def test_round_trip_through_plain_values():
    config = TrainerConfig(hidden_units=(8, 4), dropout=0.5)
    assert TrainerConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"model": "svd"},
            r"trainer.model should be one of dummy, popular, bias, mf, mf_history, mf_dnn.*'svd'",
        ),
        ({"objective": "hinge"}, r"trainer.objective should be one of mse, cross_entropy.*'hinge'"),
        ({"embedding_dim": 0}, r"embedding_dim should be a positive integer. Received: 0"),
        ({"hidden_units": [64, 0]}, r"hidden_units should be positive integers.*\(64, 0\)"),
        ({"dropout": 1.0}, r"dropout should be at least 0 and less than 1. Received: 1.0"),
        ({"kernel_l2": -1.0}, r"kernel_l2 should be at least 0. Received: -1.0"),
        ({"learning_rate": 0.0}, r"learning_rate should be positive. Received: 0.0"),
        ({"learning_rte": 0.1}, r"Unknown key in \[trainer\]: 'learning_rte'.*'learning_rate'"),
    ],
)
def test_wrong_options_are_refused_by_name(values, message):
    with pytest.raises(ValueError, match=message):
        TrainerConfig.from_dict(values)

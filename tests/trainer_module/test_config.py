import dataclasses

import pytest

from trainer_module.config import FOLDS_BY, TrainerConfig
from trainer_module.registry import MODELS


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_a_value_for_every_option(model):
    config = TrainerConfig(model=model)
    assert None not in dataclasses.asdict(config).values()
    for name, value in MODELS[model].preset.items():
        assert getattr(config, name) == value


@pytest.mark.parametrize("model", MODELS)
def test_round_trip_through_plain_values(model):
    config = TrainerConfig(model=model, hidden_units=(8, 4), dropout=0.5)
    assert TrainerConfig.from_dict(config.to_dict()) == config


def test_an_option_that_is_given_is_kept_even_where_it_is_false_or_zero():
    config = TrainerConfig(
        model="gp_dnn", objective="mse", refit=False, cosine_decay=False, weight_decay=0.0,
        dropout=0.0, hidden_units=(),
    )  # fmt: skip
    assert MODELS["gp_dnn"].preset["refit"]
    assert (config.refit, config.cosine_decay, config.weight_decay) == (False, False, 0.0)
    assert (config.objective, config.dropout, config.hidden_units) == ("mse", 0.0, ())


@pytest.mark.parametrize("folds_by", FOLDS_BY)
def test_folds_are_by_time_or_by_hash(folds_by):
    assert TrainerConfig(folds_by=folds_by).folds_by == folds_by


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"model": "svd"},
            r"model should be one of dummy, popular, bias, mf, mf_history, mf_dnn, gp_dnn.*'svd'",
        ),
        (
            {"objective": "hinge"},
            r"objective should be one of mse, cross_entropy, ordinal for gp_dnn.*'hinge'",
        ),
        (
            {"model": "mf_dnn", "objective": "ordinal"},
            r"objective should be one of mse, cross_entropy for mf_dnn. Received: 'ordinal'",
        ),
        ({"folds_by": "user"}, r"folds_by should be one of time, hash. Received: 'user'"),
        ({"embedding_dim": 0}, r"embedding_dim should be a positive integer. Received: 0"),
        ({"members": 0}, r"members should be a positive integer. Received: 0"),
        ({"hidden_units": [64, 0]}, r"hidden_units should be positive integers.*\(64, 0\)"),
        ({"dropout": 1.0}, r"dropout should be at least 0 and less than 1. Received: 1.0"),
        ({"input_dropout": -0.1}, r"input_dropout should be at least 0 and .* Received: -0.1"),
        ({"kernel_l2": -1.0}, r"kernel_l2 should be at least 0. Received: -1.0"),
        ({"weight_decay": -0.5}, r"weight_decay should be at least 0. Received: -0.5"),
        ({"learning_rate": 0.0}, r"learning_rate should be positive. Received: 0.0"),
        ({"learning_rte": 0.1}, r"Unknown key in \[trainer\]: 'learning_rte'.*'learning_rate'"),
    ],
)
def test_wrong_options_are_refused_by_name(values, message):
    with pytest.raises(ValueError, match=message):
        TrainerConfig.from_dict(values)

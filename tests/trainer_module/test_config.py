from typing import Any, get_args

import pytest

from trainer_module.config import FoldsBy, TrainerConfig
from trainer_module.registry import MODELS


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_a_value_for_every_option(model: str) -> None:
    config = TrainerConfig(model=model)
    assert None not in config.model_dump().values()
    for name, value in MODELS[model].preset.items():
        assert getattr(config, name) == value


@pytest.mark.parametrize("model", MODELS)
def test_round_trip_through_plain_values(model: str) -> None:
    config = TrainerConfig(model=model, hidden_units=(8, 4), dropout=0.5)
    assert TrainerConfig.model_validate(config.model_dump(mode="json")) == config


def test_an_option_that_is_given_is_kept_even_where_it_is_false_or_zero() -> None:
    config = TrainerConfig(
        model="gp_dnn", objective="mse", refit=False, cosine_decay=False, weight_decay=0.0,
        dropout=0.0, hidden_units=(),
    )  # fmt: skip
    assert MODELS["gp_dnn"].preset["refit"]
    assert (config.refit, config.cosine_decay, config.weight_decay) == (False, False, 0.0)
    assert (config.objective, config.dropout, config.hidden_units) == ("mse", 0.0, ())


@pytest.mark.parametrize("folds_by", get_args(FoldsBy))
def test_folds_are_by_time_or_by_hash(folds_by: FoldsBy) -> None:
    assert TrainerConfig(folds_by=folds_by).folds_by == folds_by


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": "svd"}, r"model\n  Input should be 'dummy', .* or 'gp_dnn' .*'svd'"),
        ({"model": ["mf"]}, r"model\n  Input should be 'dummy', .*\['mf'\]"),
        ({"objective": "hinge"}, r"objective\n  Input should be 'mse', .* or 'ordinal' .*'hinge'"),
        (
            {"model": "mf_dnn", "objective": "ordinal"},
            r"objective\n.* should be one of mse, cross_entropy for mf_dnn .*'ordinal'",
        ),
        ({"folds_by": "user"}, r"folds_by\n  Input should be 'time' or 'hash' .*'user'"),
        ({"embedding_dim": 0}, r"embedding_dim\n.* greater than or equal to 1 .*=0"),
        ({"hidden_units": [64, 0]}, r"hidden_units\.1\n.* greater than or equal to 1 .*=0"),
        ({"dropout": 1.0}, r"dropout\n.* less than 1 .*=1\.0"),
        ({"input_dropout": -0.1}, r"input_dropout\n.* greater than or equal to 0 .*=-0\.1"),
        ({"kernel_l2": -1.0}, r"kernel_l2\n.* greater than or equal to 0 .*=-1\.0"),
        ({"weight_decay": -0.5}, r"weight_decay\n.* greater than or equal to 0 .*=-0\.5"),
        ({"learning_rate": 0.0}, r"learning_rate\n.* greater than 0 .*=0\.0"),
        ({"seed": -1}, r"seed\n.* greater than or equal to 0 .*=-1"),
        ({"learning_rte": 0.1}, r"learning_rte\n  Extra inputs are not permitted"),
    ],
)
def test_wrong_options_are_refused_by_name(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainerConfig.model_validate(values)

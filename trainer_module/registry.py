"""The models by name."""

from collections.abc import Callable

from trainer_module.bias import Bias
from trainer_module.blueprint import Blueprint
from trainer_module.dummy import Dummy
from trainer_module.gp_dnn import GpDnn
from trainer_module.mf import Mf
from trainer_module.mf_dnn import MfDnn
from trainer_module.mf_history import MfHistory
from trainer_module.popular import Popular
from trainer_module.rating_model import RatingModel

MODELS: dict[str, Callable[[Blueprint], RatingModel]] = {
    "dummy": Dummy,
    "popular": Popular,
    "bias": Bias,
    "mf": Mf,
    "mf_history": MfHistory,
    "mf_dnn": MfDnn,
    "gp_dnn": GpDnn,
}


def build_model(blueprint: Blueprint) -> RatingModel:
    """Makes the configured model, untrained."""
    return MODELS[blueprint.config.model](blueprint)

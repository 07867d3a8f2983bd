"""The models by name."""

from collections.abc import Callable

from trainer_module.gp_dnn.model import GpDnn
from trainer_module.models.bias import Bias
from trainer_module.models.blueprint import Blueprint
from trainer_module.models.dummy import Dummy
from trainer_module.models.mf import Mf
from trainer_module.models.mf_dnn import MfDnn
from trainer_module.models.mf_history import MfHistory
from trainer_module.models.popular import Popular
from trainer_module.models.rating_model import RatingModel

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

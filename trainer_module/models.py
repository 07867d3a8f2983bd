"""The models by name."""

from collections.abc import Callable

from trainer_module.catalogue_tables import CatalogueTables
from trainer_module.config import TrainerConfig
from trainer_module.mf_dnn import MfDnn
from trainer_module.rating_model import RatingModel

MODELS: dict[str, Callable[[TrainerConfig, CatalogueTables, int], RatingModel]] = {
    "mf_dnn": MfDnn,
}


def build_model(
    config: TrainerConfig, tables: CatalogueTables, vocabulary_size: int
) -> RatingModel:
    """Makes the configured model, untrained."""
    return MODELS[config.model](config, tables, vocabulary_size)

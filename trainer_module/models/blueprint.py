"""What a model is built from."""

import dataclasses

from trainer_module.config import TrainerConfig
from trainer_module.data.catalogue_tables import CatalogueTables
from trainer_module.models.objectives import Objective


@dataclasses.dataclass(frozen=True, kw_only=True)
class Blueprint:
    """What the constructor of every model of the registry takes.

    Attributes:
        config: Widths, penalties and seed.
        objective: What the raw score is to mean.
        tables: The catalogue, for the movies of a history.
        movies: Largest movie index.
        users: Largest user index.
    """

    config: TrainerConfig
    objective: Objective
    tables: CatalogueTables
    movies: int
    users: int

"""The cells of the board: one model, objective and seed under one protocol, a JSON file each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from movielens.datasets.atomic_files import write_file
from scoreboard.fingerprints import source_fingerprint
from scoreboard.peers.registry import PEERS
from scoreboard.protocols import PROTOCOLS
from trainer_module.registry import MODELS

# What figures depend on. How they are shown is not among it: a board is drawn anew from them.
_SOURCES: Final = (
    "components/evaluator/metrics.py",
    "components/evaluator/rated_rows.py",
    "components/movielens_example_gen",
    "movielens",
    "scoreboard/data",
    "scoreboard/measuring",
    "scoreboard/protocols.py",
    "transform_module",
)
# The columns of the slides, the model of `movielens run` and every peer; see `planned_cells`.
QUICK_MODELS: Final = (
    *("dummy:mse", "popular:mse", "bias:mse", "mf:mse", "mf_history:mse"),
    *("mf_dnn", "gp_dnn:ordinal", *PEERS),
)
# The names that `planned_cells` takes: ours in their order, then the peers.
KNOWN_MODELS: Final = (*MODELS, *PEERS)

Finite = Annotated[float, Field(allow_inf_nan=False)]


class Cell(BaseModel):
    """One model to be trained and measured under one protocol; a peer has an empty objective."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    protocol: str
    model: str
    objective: str
    seed: int

    @property
    def is_peer(self) -> bool:
        """Whether the model comes from another library or paper."""
        return not self.objective

    @property
    def label(self) -> str:
        """Model and objective for people: `mf_dnn (mse)`, `lightgbm`."""
        return f"{self.model} ({self.objective})" if self.objective else self.model

    @property
    def title(self) -> str:
        """The whole cell for people."""
        return f"{self.label}, seed {self.seed}, on {self.protocol}"

    @property
    def file_name(self) -> str:
        """A file name of its own, without a suffix."""
        return f"{self.protocol}_{self.model}_{self.objective or 'peer'}_{self.seed}"

    def fingerprint(self, data: str) -> str:
        """Returns a hash of the code behind the cell's figures, and of `data`, itself a hash."""
        own = "scoreboard/peers" if self.is_peer else "trainer_module"
        return f"{source_fingerprint(*_SOURCES, own)}-{data}"


class Result(BaseModel):
    """The measurement of a cell."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cell: Cell
    fingerprint: str  # of the code and the data behind the figures
    metrics: dict[str, Finite]  # values by name; undefined ones are missing
    # The same without the rows whose label the split gives away; None if there are no such rows.
    metrics_unforced: dict[str, Finite] | None
    # The `figures_by_user`, for paired differences; None for a model that only ranks the catalogue.
    by_user: dict[str, list[Finite]] | None
    fit_seconds: Finite  # wall time of training and export
    # Largest resident memory of the cell's process, TensorFlow and the data included, in 2**20
    # bytes.
    peak_memory_mb: Finite

    def write(self, cache: Path) -> None:
        """Writes the result whole or not at all."""
        text = self.model_dump_json(indent=2) + "\n"
        write_file(result_file(self.cell, cache), [text.encode()])


def result_file(cell: Cell, cache: Path) -> Path:
    """Returns the file of a cell's result; it need not exist."""
    return cache / "results" / f"{cell.file_name}.json"


def planned_cells(protocols: Sequence[str], models: Sequence[str], seeds: int) -> list[Cell]:
    """Returns all cells of a board, protocol by protocol; on a leaky one, models that can leak.

    Args:
        protocols: Names of `PROTOCOLS`.
        models: Names of our models (every objective), of `model:objective`, or of peers; with `@n`
            behind the name for a number of seeds of its own: `gp_dnn:ordinal@3`.
        seeds: How many, from 0; a model without randomness is run once.

    Raises:
        ValueError: A protocol, a model or an objective is unknown, or there is no number behind @.

    >>> [cell.title for cell in planned_cells(["random"], ["svd@2", "ease"], seeds=3)]
    ['svd, seed 0, on random', 'svd, seed 1, on random', 'ease, seed 0, on random']
    """
    for protocol in protocols:
        if protocol not in PROTOCOLS:
            raise ValueError(f"no protocol {protocol!r}; known: {', '.join(PROTOCOLS)}")
    chosen = [_parsed(choice, seeds) for choice in models]
    return [
        Cell(protocol=protocol, model=model, objective=objective, seed=seed)
        for protocol in protocols
        for model, objectives, own_seeds in chosen
        if not PROTOCOLS[protocol].is_leaky or _can_leak(model)
        for objective in objectives
        for seed in range(own_seeds)
    ]


def _parsed(choice: str, seeds: int) -> tuple[str, Sequence[str], int]:
    """Returns a choice's model, objectives and number of seeds."""
    model, at, own_seeds = choice.partition("@")
    name, _, objective = model.partition(":")
    if name not in KNOWN_MODELS:
        raise ValueError(f"no model {choice!r}; known: {', '.join(KNOWN_MODELS)}")
    objectives = () if name in PEERS else MODELS[name].objectives
    if objective and objective not in objectives:
        known = ", ".join(objectives) or "none"
        raise ValueError(f"no model {choice!r}; objectives of {name}: {known}")
    if at and not (own_seeds.isdecimal() and int(own_seeds)):
        raise ValueError(f"no number of seeds behind the @ of {choice!r}")
    if name in PEERS:
        return name, ("",), int(own_seeds or seeds) if PEERS[name].is_random else 1
    return name, (objective,) if objective else objectives, int(own_seeds or seeds)


def _can_leak(model: str) -> bool:
    """Whether the model reads the aggregates that a leaky protocol changes."""
    return PEERS[model].reads_features if model in PEERS else MODELS[model].reads_aggregates

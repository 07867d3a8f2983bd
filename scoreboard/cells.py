"""The cells of the board: one model, objective and seed under one protocol, a JSON file each."""

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

from scoreboard.fingerprints import source_fingerprint
from scoreboard.peers.names import FEATURE_PEERS, PEER_NAMES
from scoreboard.protocols import PROTOCOLS
from trainer_module.registry import MODELS

# What figures depend on. How they are shown is not among it: a board is drawn anew from them.
_SOURCES: Final = (
    "components/evaluator/metric_kinds.py",
    "components/evaluator/metrics.py",
    "components/evaluator/rated_rows.py",
    "components/movielens_example_gen",
    "movielens",
    *(
        f"scoreboard/{name}.py"
        for name in (
            "measuring/catalogue_metrics",
            "measuring/forced_rows",
            "measuring/list_tasks",
            "measuring/cell_process",
            "measuring/metrics",
            "protocols",
            "data/rated_movies",
            "rating_files",
        )
    ),
)
_SOURCES_OF_FEATURES: Final = (
    "transform_module",
    "scoreboard/data/protocol_data.py",
    "scoreboard/data/transforming.py",
)
_SOURCES_OF_OURS: Final = ("trainer_module", "scoreboard/measuring/registry_models.py")
# The columns of the slides, the model of `movielens run` and every peer; see `planned_cells`.
QUICK_MODELS: Final = (
    *("dummy:mse", "popular:mse", "bias:mse", "mf:mse", "mf_history:mse"),
    *("mf_dnn", "gp_dnn:ordinal", *PEER_NAMES),
)


@dataclasses.dataclass(frozen=True, order=True, kw_only=True)
class Cell:
    """What is trained and measured at a time.

    Attributes:
        protocol: A name of `protocols.PROTOCOLS`.
        model: Of our registry, or a peer.
        objective: Of our registry; empty for a peer.
        seed: Of every random choice.
    """

    protocol: str
    model: str
    objective: str
    seed: int

    @property
    def is_peer(self) -> bool:
        """Whether the model is somebody else's."""
        return not self.objective

    @property
    def label(self) -> str:
        """Model and objective for people: `mf_dnn (mse)`, `lightgbm`."""
        return f"{self.model} ({self.objective})" if self.objective else self.model

    @property
    def file_name(self) -> str:
        """A file name of its own."""
        return f"{self.protocol}_{self.model}_{self.objective or 'peer'}_{self.seed}.json"

    def fingerprint(self, data: str) -> str:
        """A name for all that the cell's figures depend on.

        Args:
            data: A hash of the ratings and movies, of `data_fingerprint`.

        Returns:
            Hashes of the code and of the data, in one word.
        """
        own = ("scoreboard/peers",) if self.is_peer else _SOURCES_OF_OURS
        return f"{source_fingerprint(*_SOURCES, *_SOURCES_OF_FEATURES, *own)}-{data}"

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `dataclasses.asdict`."""
        return cls(**{field.name: values[field.name] for field in dataclasses.fields(cls)})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """What a cell measured.

    Attributes:
        cell: The cell.
        fingerprint: Of the code and the data behind the figures.
        metrics: Values by name; undefined ones are missing.
        metrics_unforced: The same without the rows whose label the split gives away; None where
            the protocol has none.
        by_user: Of `metrics.figures_by_user`, for paired differences; None of a model that only
            ranks the catalogue.
        fit_seconds: Wall time of training and export.
        peak_memory_mb: Largest resident memory of the cell's process, in 2**20 bytes, TensorFlow
            and the data included.
    """

    cell: Cell
    fingerprint: str
    metrics: dict[str, float]
    metrics_unforced: dict[str, float] | None
    by_user: dict[str, list[float]] | None
    fit_seconds: float
    peak_memory_mb: float

    def write(self, folder: Path) -> None:
        """Writes the result whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.cell.file_name
        partial = path.with_suffix(f".{os.getpid()}.partial")
        text = json.dumps(dataclasses.asdict(self), indent=2, allow_nan=False)
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads what `write` wrote."""
        values = json.loads(path.read_text("utf-8"))
        return cls(**(values | {"cell": Cell.from_dict(values["cell"])}))


def planned_cells(protocols: Sequence[str], models: Sequence[str], seeds: int) -> list[Cell]:
    """All cells of a board, protocol by protocol; a leaky one has no model that cannot leak.

    Args:
        protocols: Names.
        models: Names of registry models (every objective), of `model:objective`, or of peers; with
            `@n` behind it, for a number of seeds of its own: `gp_dnn:ordinal@3`.
        seeds: How many, from 0; a model without randomness is run once.
    """
    return [
        Cell(protocol=protocol, model=name, objective=objective, seed=seed)
        for protocol in protocols
        for choice in models
        for name, objective in _with_objectives(choice.partition("@")[0])
        if not PROTOCOLS[protocol].is_leaky or _can_leak(name)
        for seed in range(int(choice.partition("@")[2] or seeds) if _is_random(name) else 1)
    ]


def refusal(choice: str) -> str | None:
    """Says what is wrong with one of the `models` of `planned_cells`; None if nothing is.

    >>> refusal("svd@2"), refusal("gp_dnn:ordinal"), refusal("mf:ordinal")
    (None, None, "no model 'mf:ordinal'; objectives of mf: mse, cross_entropy")
    """
    model, at, seeds = choice.partition("@")
    name, _, objective = model.partition(":")
    if name not in known_models():
        return f"no model {choice!r}; known: {', '.join(known_models())}"
    objectives = () if name in PEER_NAMES else MODELS[name].objectives
    if objective and objective not in objectives:
        return f"no model {choice!r}; objectives of {name}: {', '.join(objectives) or 'none'}"
    if at and not (seeds.isdecimal() and int(seeds)):
        return f"no number of seeds behind the @ of {choice!r}"
    return None


def known_models() -> list[str]:
    """The names that `planned_cells` takes: ours in their order, then the peers."""
    return [*MODELS, *PEER_NAMES]


def _with_objectives(model: str) -> list[tuple[str, str]]:
    name, _, objective = model.partition(":")
    if name in PEER_NAMES:
        return [(name, "")]
    return [(name, each) for each in ([objective] if objective else MODELS[name].objectives)]


def _can_leak(model: str) -> bool:
    """Whether leaky aggregates reach the model: some models and most peers compute their own."""
    return model in FEATURE_PEERS if model in PEER_NAMES else MODELS[model].reads_aggregates


def _is_random(model: str) -> bool:
    return PEER_NAMES.get(model, True)

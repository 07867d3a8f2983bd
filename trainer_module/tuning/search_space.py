"""Where the search looks for better hyper-parameters: around the configured ones."""

import json
from collections.abc import Callable
from typing import Any, Final

from keras_tuner import HyperParameters

from trainer_module.config import TrainerConfig
from trainer_module.tuning.tuner_config import FIXED_OPTIONS, tuned_options


def search_space(config: TrainerConfig) -> HyperParameters:
    """Ranges of the model's `tuned_options` around the configured values; `FIXED_OPTIONS` as is.

    A penalty or dropout of 0 is off, and stays off.

    Raises:
        ValueError: The model has nothing to tune.
    """
    space = HyperParameters()
    for name in FIXED_OPTIONS:
        space.Fixed(name, getattr(config, name))
    for name in tuned_options(config.model):
        if middle := getattr(config, name):
            _RANGES[name](space, name, middle)
    return space


def _fourfold(space: HyperParameters, name: str, middle: float) -> None:
    """Up to four times more or less, evenly on a logarithmic scale."""
    space.Float(name, middle / 4.0, middle * 4.0, sampling="log", default=middle)


def _tenfold(space: HyperParameters, name: str, middle: float) -> None:
    space.Float(name, middle / 10.0, middle * 10.0, sampling="log", default=middle)


def _share(space: HyperParameters, name: str, middle: float) -> None:
    """Up to 0.2 more or less, between 0 and 1."""
    space.Float(name, max(0.0, middle - 0.2), min(middle + 0.2, (middle + 1) / 2), default=middle)


def _whole(space: HyperParameters, name: str, middle: int) -> None:
    """From half to double."""
    space.Int(name, (middle + 1) // 2, 2 * middle, default=middle)


def _doubling(space: HyperParameters, name: str, middle: int) -> None:
    """Half, as it is, or double."""
    space.Choice(name, sorted({max(middle // 2, 1), middle, 2 * middle}), default=middle)


def _layers(space: HyperParameters, name: str, middle: tuple[int, ...]) -> None:
    """Layers half or twice as wide, one fewer, one more; KerasTuner has no lists, so JSON texts."""
    units = list(middle)
    shapes = [
        units,
        [max(width // 2, 1) for width in units],
        [2 * width for width in units],
        units[:-1] or units,
        [*units, units[-1]],
    ]
    texts = list(dict.fromkeys(map(json.dumps, shapes)))
    space.Choice(name, texts, default=texts[0])


_RANGES: Final[dict[str, Callable[[HyperParameters, str, Any], None]]] = {
    "learning_rate": _fourfold,
    "weight_decay": _tenfold,
    "embedding_l2": _tenfold,
    "dropout": _share,
    "input_dropout": _share,
    "members": _whole,
    "epochs": _whole,
    "batch_size": _doubling,
    "embedding_dim": _doubling,
    "hidden_units": _layers,
}

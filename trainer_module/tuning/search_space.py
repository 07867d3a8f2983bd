"""Where better hyper-parameters are looked for: around the configured ones."""

import json
from collections.abc import Callable
from typing import Final

from keras_tuner import HyperParameters

from trainer_module.config import TrainerConfig
from trainer_module.tuning.tuner_config import FIXED_OPTIONS, tuned_options


def search_space(config: TrainerConfig) -> HyperParameters:
    """Ranges around the configured values, which are their defaults.

    A penalty or dropout of 0 is off, and stays off.

    Args:
        config: Names the model, whose options are varied, and their middles.

    Returns:
        What may vary of `tuned_options`, and `FIXED_OPTIONS` as they are.

    Raises:
        ValueError: The model has nothing to tune.
    """
    space = HyperParameters()
    for name in FIXED_OPTIONS:
        space.Fixed(name, getattr(config, name))
    for name in tuned_options(config.model):
        if getattr(config, name):
            _RANGES[name](space, name, config)
    return space


def _factor(most: float) -> Callable[[HyperParameters, str, TrainerConfig], None]:
    """Up to so many times more or less, evenly on a logarithmic scale."""

    def add(space: HyperParameters, name: str, config: TrainerConfig) -> None:
        middle = getattr(config, name)
        space.Float(name, middle / most, middle * most, sampling="log", default=middle)

    return add


def _share(space: HyperParameters, name: str, config: TrainerConfig) -> None:
    """Up to 0.2 more or less, between 0 and 1."""
    middle = getattr(config, name)
    space.Float(name, max(0.0, middle - 0.2), min(middle + 0.2, (middle + 1) / 2), default=middle)


def _whole(space: HyperParameters, name: str, config: TrainerConfig) -> None:
    """From half to double."""
    middle = getattr(config, name)
    space.Int(name, (middle + 1) // 2, 2 * middle, default=middle)


def _doubling(space: HyperParameters, name: str, config: TrainerConfig) -> None:
    """Half, as it is, or double."""
    middle = getattr(config, name)
    space.Choice(name, sorted({max(middle // 2, 1), middle, 2 * middle}), default=middle)


def _layers(space: HyperParameters, name: str, config: TrainerConfig) -> None:
    """Layers half or twice as wide, one fewer, one more; KerasTuner has no lists, so JSON texts."""
    units = list(getattr(config, name))
    shapes = [
        units,
        [max(width // 2, 1) for width in units],
        [2 * width for width in units],
        units[:-1] or units,
        [*units, units[-1]],
    ]
    texts = list(dict.fromkeys(map(json.dumps, shapes)))
    space.Choice(name, texts, default=texts[0])


_RANGES: Final[dict[str, Callable[[HyperParameters, str, TrainerConfig], None]]] = {
    "learning_rate": _factor(4.0),
    "weight_decay": _factor(10.0),
    "embedding_l2": _factor(10.0),
    "dropout": _share,
    "input_dropout": _share,
    "members": _whole,
    "epochs": _whole,
    "batch_size": _doubling,
    "embedding_dim": _doubling,
    "hidden_units": _layers,
}

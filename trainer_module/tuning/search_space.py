"""Where the search looks for better hyper-parameters: around the configured ones."""

import json
from typing import Any

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
            _add_range(space, name, middle)
    return space


def _add_range(space: HyperParameters, name: str, middle: Any) -> None:
    match name:
        case "learning_rate":
            space.Float(name, middle / 4.0, middle * 4.0, sampling="log", default=middle)
        case "weight_decay" | "embedding_l2":
            space.Float(name, middle / 10.0, middle * 10.0, sampling="log", default=middle)
        case "dropout" | "input_dropout":
            most = min(middle + 0.2, (middle + 1) / 2)
            space.Float(name, max(0.0, middle - 0.2), most, default=middle)
        case "members" | "epochs":
            space.Int(name, (middle + 1) // 2, 2 * middle, default=middle)
        case "batch_size" | "embedding_dim":
            space.Choice(name, sorted({max(middle // 2, 1), middle, 2 * middle}), default=middle)
        case "hidden_units":
            texts = [json.dumps(shape) for shape in _layers(list(middle))]
            space.Choice(name, list(dict.fromkeys(texts)), default=texts[0])


def _layers(units: list[int]) -> list[list[int]]:
    """Layers as they are, half and twice as wide, one fewer, one more."""
    return [
        units,
        [max(width // 2, 1) for width in units],
        [2 * width for width in units],
        units[:-1] or units,
        [*units, units[-1]],
    ]

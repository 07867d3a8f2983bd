"""`tuner_fn`: what the Tuner component runs.

Every trial trains by the Trainer's own code, on the same data and from the same seed, and is judged
on eval. The first trial has the configured values, so that the search never returns worse ones.
"""

import dataclasses
import json
import logging
import time
import warnings
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import keras
import keras_tuner
import tensorflow as tf
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.trial import Trial, TrialStatus

from trainer_module.config import TrainerConfig
from trainer_module.models.objectives import OBJECTIVES
from trainer_module.registry import build_model
from trainer_module.training.fitting import TrainingReport, fit
from trainer_module.training.preparation import Preparation
from trainer_module.tuning.tuner_config import FIXED_OPTIONS, TunerConfig, tuned, tuned_options

# Trains with some options; the text names a folder for logs.
Training = Callable[[TrainerConfig, str], TrainingReport]

_log: Final = logging.getLogger(__name__)


class TunerFnResult(NamedTuple):
    """What TFX's Tuner expects; the tuple of this name in TFX would cost its import."""

    tuner: BaseTuner  # searches
    fit_kwargs: dict[str, Any]  # of `tuner.search`


def tuner_fn(fn_args: Any) -> TunerFnResult:
    """Makes the search for better hyper-parameters of the configured model.

    Args:
        fn_args: As for `run_fn`, and `custom_config["tuner"]` is a `TunerConfig` as plain values;
            `working_dir` is for the search.

    Raises:
        ValueError: An option is wrong, the model has nothing to tune, or a split is missing.
    """
    custom = fn_args.custom_config or {}
    config = TrainerConfig.model_validate(custom.get("config", {}))
    oracle = BudgetedSearch(config, TunerConfig.model_validate(custom.get("tuner", {})))
    train = _training(Preparation.of(fn_args, config))
    return TunerFnResult(TrainingTuner(oracle, train, config, fn_args.working_dir), {})


def _training(prepared: Preparation) -> Training:
    """Trains as `run_fn` does; what no trial changes is computed once for all of them."""
    results: dict[Any, Any] = {}

    def once(key: Any, compute: Callable[[], Any]) -> Any:
        if key not in results:
            results[key] = compute()
        return results[key]

    def train(config: TrainerConfig, log_folder: str) -> TrainingReport:
        keras.utils.set_random_seed(config.seed)
        tf.config.experimental.enable_op_determinism()
        data = dataclasses.replace(prepared.source, config=config).by_split()
        blueprint = dataclasses.replace(prepared.blueprint, config=config, once=once)
        _, report = fit(build_model(blueprint), blueprint.objective, data, config, log_folder)
        return report

    return train


class BudgetedSearch(keras_tuner.oracles.BayesianOptimizationOracle):
    """Bayesian optimisation that starts from the configured values and keeps to a budget."""

    def __init__(
        self, config: TrainerConfig, tuner: TunerConfig, clock: Callable[[], float] = time.monotonic
    ) -> None:
        error = OBJECTIVES[config.objective]().error().name
        super().__init__(
            objective=keras_tuner.Objective(f"eval_{error}", "min"),
            max_trials=tuner.trials,
            # Its default, three a dimension, would leave a short search to chance alone.
            num_initial_points=max(3, tuner.trials // 2),
            seed=tuner.seed + 1,  # it takes 0 for "any"
            hyperparameters=search_space(config),
            allow_new_entries=False,
            tune_new_entries=False,
        )
        self._minutes = tuner.max_minutes
        self._clock = clock
        self._deadline = clock() + 60 * tuner.max_minutes

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Chooses the values of the next trial, or stops the search."""
        if not self.trials:
            configured = {each.name: each.default for each in self.hyperparameters.space}
            return {"status": TrialStatus.RUNNING, "values": configured}
        if self._clock() >= self._deadline:
            message = "Stopped after %d of %d trials: %g minutes are up"
            _log.warning(message, len(self.trials), self.max_trials, self._minutes)
            return {"status": TrialStatus.STOPPED, "values": None}
        with warnings.catch_warnings():
            # Few trials say little of some options, and the kernel's length ends at its bound.
            warnings.filterwarnings("ignore", category=UserWarning, module="sklearn")
            chosen: dict[str, Any] = super().populate_space(trial_id)
        return chosen


class TrainingTuner(BaseTuner):
    """Runs each trial as a training with the configured values, changed as the oracle chooses."""

    def __init__(
        self, oracle: BudgetedSearch, train: Training, config: TrainerConfig, folder: str
    ) -> None:
        super().__init__(oracle, directory=folder, project_name="trials", overwrite=True)
        self._train = train
        self._config = config

    def run_trial(self, trial: Trial) -> dict[str, float]:
        """Trains with the values of a trial, and returns the error on eval by its name.

        Raises:
            FailedTrialError: The training diverged; the search goes on.
            FatalError: The configured values do not train, or something else failed.
        """
        config = tuned(self._config, trial.hyperparameters.get_config())
        try:
            report = self._train(config, self.get_trial_dir(trial.trial_id))
        except Exception as error:  # KerasTuner would go on after any error but its own fatal ones
            if isinstance(error, ValueError) and config != self._config:
                _log.warning("Trial %s failed: %s", trial.trial_id, error)
                raise keras_tuner.errors.FailedTrialError(str(error)) from error
            raise keras_tuner.errors.FatalError(str(error)) from error
        name = self.oracle.objective.name
        return {name: getattr(report, name)}


def search_space(config: TrainerConfig) -> keras_tuner.HyperParameters:
    """Ranges of the model's `tuned_options` around the configured values; `FIXED_OPTIONS` as is.

    A penalty or dropout of 0 is off, and stays off.

    Raises:
        ValueError: The model has nothing to tune.
    """
    space = keras_tuner.HyperParameters()
    for name in FIXED_OPTIONS:
        space.Fixed(name, getattr(config, name))
    for name in tuned_options(config.model):
        if middle := getattr(config, name):
            _add_range(space, name, middle)
    return space


def _add_range(space: keras_tuner.HyperParameters, name: str, middle: Any) -> None:
    match name:
        case "learning_rate":
            space.Float(name, middle / 4.0, middle * 4.0, sampling="log", default=middle)
        case "embedding_l2":
            space.Float(name, middle / 10.0, middle * 10.0, sampling="log", default=middle)
        case "dropout" | "input_dropout":
            most = min(middle + 0.2, (middle + 1) / 2)
            space.Float(name, max(0.0, middle - 0.2), most, default=middle)
        case "members" | "epochs":
            space.Int(name, (middle + 1) // 2, 2 * middle, default=middle)
        case "batch_size" | "embedding_dim":
            space.Choice(name, sorted({max(middle // 2, 1), middle, 2 * middle}), default=middle)
        case "hidden_units":
            # KerasTuner has no lists, so JSON texts.
            texts = [json.dumps(units) for units in _layers(list(middle))]
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

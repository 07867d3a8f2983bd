"""Real searches on the small world, and the search's own rules on trainings that only pretend."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras_tuner
import pytest

from tests.support.world import World, small_config
from trainer_module import entrypoint
from trainer_module.config import TrainerConfig
from trainer_module.entrypoint import run_fn
from trainer_module.gp_dnn import out_of_fold
from trainer_module.gp_dnn.out_of_fold import FOLDS
from trainer_module.training.fitting import TrainingReport
from trainer_module.tuning.tuner import BudgetedSearch, TrainingTuner, tuner_fn
from trainer_module.tuning.tuner_config import TunerConfig, tuned

Train = Callable[..., dict[str, Any]]

CONFIG = small_config("gp_dnn", refit=False)


def searched(
    world: World, folder: Path, config: TrainerConfig = CONFIG, **options: int
) -> TrainingTuner:
    """Searches as TFX's Tuner does."""
    args = world.trainer_arguments(config, folder)
    args.custom_config["tuner"] = TunerConfig(enabled=True, **options).model_dump()
    args.working_dir = str(folder)
    tuner, fit_kwargs = tuner_fn(args)
    tuner.search(**fit_kwargs)
    return tuner


@dataclasses.dataclass(frozen=True)
class Found:
    """A search of two trials, what it started from, and how often movies were fitted in it."""

    tuner: TrainingTuner
    config: TrainerConfig
    error: str
    fits: int


@pytest.fixture(
    scope="module",
    params=[("gp_dnn", "mse", "eval_rmse"), ("mf_history", "cross_entropy", "eval_log_loss")],
    ids=["gp_dnn", "mf_history"],
)
def found(
    request: pytest.FixtureRequest, world: World, tmp_path_factory: pytest.TempPathFactory
) -> Found:
    model, objective, error = request.param
    fits = []
    real = out_of_fold.fit_profiles
    config = small_config(model, objective=objective, refit=False)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(out_of_fold, "fit_profiles", lambda *args: fits.append(1) or real(*args))  # type: ignore[func-returns-value]
        tuner = searched(world, tmp_path_factory.mktemp("search"), config, trials=2)
    return Found(tuner, config, error, len(fits))


def tried(tuner: TrainingTuner) -> list[tuple[dict[str, Any], float]]:
    """Values and score of every trial, in the order that they were started in."""
    trials = (tuner.oracle.trials[each] for each in tuner.oracle.start_order)
    return [(trial.hyperparameters.values, trial.score) for trial in trials]


@pytest.fixture
def trained(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """The report of the Trainer, which exports nothing here."""

    def run(config: TrainerConfig, hyperparameters: dict[str, Any] | None = None) -> dict[str, Any]:
        args = world.trainer_arguments(config, tmp_path)
        args.hyperparameters = hyperparameters
        run_fn(args)
        return json.loads(Path(args.model_run_dir, "training.json").read_text())

    monkeypatch.setattr(entrypoint, "_export", lambda *_: None)
    return run


def test_the_first_trial_is_the_configured_training(found: Found, trained: Train) -> None:
    (values, score), (other_values, _) = tried(found.tuner)
    assert tuned(found.config, {"values": values}) == found.config
    assert score == trained(found.config)[found.error]
    assert other_values != values


def test_the_trainer_ends_where_the_best_trial_did(found: Found, trained: Train) -> None:
    (best,) = found.tuner.get_best_hyperparameters()
    as_written = json.loads(json.dumps(best.get_config()))
    report = trained(found.config, as_written)
    assert report[found.error] == min(score for _, score in tried(found.tuner))


def test_what_no_trial_changes_is_computed_once(found: Found) -> None:
    """The movies are fitted without each fold, and to all of train."""
    assert found.fits == (FOLDS + 1 if found.config.model == "gp_dnn" else 0)


def test_a_model_with_nothing_to_tune_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Received: 'popular'"):
        searched(world, tmp_path, small_config("popular"))


def report_of(rmse: float) -> TrainingReport:
    return TrainingReport(
        epochs=1, best_epoch=1, eval_rmse=rmse, eval_log_loss=9.0, eval_auc=None, train_rmse=9.0
    )


def pretended(
    folder: Path,
    outcomes: Sequence[float | Exception],
    clock: Callable[[], float] = lambda: 0.0,
    **options: Any,
) -> TrainingTuner:
    """Searches with trainings that only pretend.

    An outcome is an RMSE or an error; the last is that of all trainings that follow.
    """
    left = list(outcomes)

    def train(config: TrainerConfig, log_folder: str) -> TrainingReport:
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, Exception):
            raise outcome
        return report_of(outcome)

    oracle = BudgetedSearch(CONFIG, TunerConfig(**options), clock)
    tuner = TrainingTuner(oracle, train, CONFIG, str(folder))
    tuner.search()
    return tuner


def test_the_same_seed_tries_the_same(tmp_path: Path) -> None:
    first, again, other = (
        tried(pretended(tmp_path / str(run), [0.9, 0.8, 1.0], trials=4, seed=seed))
        for run, seed in enumerate((0, 0, 1))
    )
    assert first == again
    assert first[0] == other[0]
    assert first[1:] != other[1:]


def test_no_more_trials_than_asked_for(tmp_path: Path) -> None:
    assert len(tried(pretended(tmp_path, [1.0], trials=5))) == 5


def test_no_trial_is_started_after_the_time_is_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = iter([0.0, 119.0, 120.0])  # at the start, before the second trial, before the third
    tuner = pretended(tmp_path, [1.0], clock=lambda: next(clock), trials=5, max_minutes=2.0)
    assert len(tried(tuner)) == 2
    assert "Stopped after 2 of 5 trials: 2 minutes are up" in caplog.text


def test_however_little_time_there_is_the_configured_values_are_tried(tmp_path: Path) -> None:
    clock = iter([0.0, 100.0])
    tuner = pretended(tmp_path, [1.0], clock=lambda: next(clock), max_minutes=0.01)
    assert len(tried(tuner)) == 1


@pytest.mark.parametrize(("scores", "best"), [([1.0, 1.5, 1.0], 0), ([1.0, 1.5, 0.9], 2)])
def test_only_what_is_better_than_the_configured_values_replaces_them(
    tmp_path: Path, scores: list[float], best: int
) -> None:
    tuner = pretended(tmp_path, scores, trials=3)
    (found,) = tuner.get_best_hyperparameters()
    assert found.values == tried(tuner)[best][0]


def test_a_diverged_trial_is_passed_over(tmp_path: Path) -> None:
    tuner = pretended(tmp_path, [1.0, ValueError("Training diverged"), 0.9], trials=3)
    assert [score for _, score in tried(tuner)] == [1.0, None, 0.9]
    (best,) = tuner.get_best_hyperparameters()
    assert best.values == tried(tuner)[2][0]


def test_configured_values_that_do_not_train_end_the_search(tmp_path: Path) -> None:
    with pytest.raises(keras_tuner.errors.FatalError, match="diverged: 3 of 9"):
        pretended(tmp_path, [ValueError("Training diverged: 3 of 9 scores")])


def test_an_error_that_is_no_matter_of_values_ends_the_search(tmp_path: Path) -> None:
    with pytest.raises(keras_tuner.errors.FatalError, match="disk full"):
        pretended(tmp_path, [1.0, OSError("disk full")])

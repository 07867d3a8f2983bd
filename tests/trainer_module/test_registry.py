"""The list of the models, against the models themselves."""

import importlib
import subprocess
import sys

import pytest

from trainer_module.config import TrainerConfig
from trainer_module.models.objectives import OBJECTIVES
from trainer_module.models.rating_model import RatingModel
from trainer_module.registry import MODELS


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_found_by_its_name(name: str) -> None:
    module, _, class_name = MODELS[name].import_path.rpartition(".")
    assert issubclass(getattr(importlib.import_module(module), class_name), RatingModel)


def test_the_same_options_are_preset_for_every_model() -> None:
    assert len({frozenset(spec.preset) for spec in MODELS.values()}) == 1


@pytest.mark.parametrize("name", MODELS)
def test_objectives_and_tuned_options_are_ones_that_there_are(name: str) -> None:
    spec = MODELS[name]
    assert set(spec.objectives) <= set(OBJECTIVES)
    assert set(spec.tuned) <= set(TrainerConfig.model_fields)
    assert ("ordinal" in spec.objectives) == (name == "gp_dnn")


def test_every_objective_has_a_model() -> None:
    assert {each for spec in MODELS.values() for each in spec.objectives} == set(OBJECTIVES)


def test_the_list_is_read_without_tensorflow() -> None:
    code = "import sys, trainer_module.config; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

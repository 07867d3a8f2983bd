"""The latest blessed model other than the candidate, and not one that was rolled back from."""

import os
from collections.abc import Iterable

from tfx import types
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.dsl.input_resolution.strategies.latest_blessed_model_strategy import (
    LatestBlessedModelStrategy,
)
from tfx.dsl.io import fileio
from tfx.utils import path_utils

from components.baseline_resolver.rollback_mark import RESTORED_MODEL


class LatestOtherBlessedModelStrategy(ResolverStrategy):
    """Resolves `model` and `model_blessing` to the last blessed model that is not `candidate`.

    With the stock strategy a second run of an unchanged pipeline compares the model with itself:
    the model that the first run blessed becomes the baseline, the Evaluator sees a new input, runs
    for nothing and has the same model pushed again. Leaving the candidate out keeps its inputs as
    they were, so that the second run is answered from the cache.

    The stock strategy would also hold a candidate to the model that an operator has just rolled
    back from, which by its metrics may be the best there ever was. What is served again counts.

    A model whose files somebody has deleted is left out: the Evaluator could not load it, in this
    run and in every later one.
    """

    def resolve_artifacts(
        self,
        store: object,
        input_dict: dict[str, list[types.Artifact]],
    ) -> dict[str, list[types.Artifact]]:
        """Picks the baseline.

        Args:
            store: the metadata store.
            input_dict: `model`, `model_blessing` and `pushed_model`, all there are in the
                pipeline's history, `left_out`, which is not read, and `candidate`, the model of
                this run.

        Returns:
            The same keys: at most one model and its blessing, no push, in `left_out` the blessing
            of the model that would have been the baseline if its files were there, and the
            candidate as it came.
        """
        candidates = {artifact.id for artifact in input_dict["candidate"]}
        blessings = input_dict["model_blessing"]
        others = standing_models(blessings, input_dict["pushed_model"]) - candidates
        whole = [each for each in input_dict["model"] if each.id in others and _has_files(each)]
        resolved = latest_blessed(store, whole, blessings)
        is_last = {each.id for each in resolved["model"]} == {max(others, default=None)}
        return {
            **resolved,
            "left_out": [] if is_last else _last_blessing(blessings, others),
            "pushed_model": [],
            "candidate": input_dict["candidate"],
        }


def latest_blessed(
    store: object, models: Iterable[types.Artifact], blessings: Iterable[types.Artifact]
) -> dict[str, list[types.Artifact]]:
    """Returns `model` and `model_blessing`: of these models the last that is blessed, if any is."""
    found: dict[str, list[types.Artifact]] | None = LatestBlessedModelStrategy().resolve_artifacts(
        store, {"model": list(models), "model_blessing": list(blessings)}
    )
    return found or {"model": [], "model_blessing": []}


def standing_models(
    blessings: Iterable[types.Artifact], pushes: Iterable[types.Artifact]
) -> set[int]:
    """Returns the ids of the models that were blessed and not rolled back from since.

    A rollback to a model is one from all that are younger. Artifacts are numbered in the order in
    which they are made.

    Args:
        blessings: what the Evaluator said of models.
        pushes: what runs and rollbacks pushed.
    """
    standing: set[int] = set()
    for artifact in sorted([*blessings, *pushes], key=lambda each: int(each.id)):
        if artifact.get_int_custom_property("blessed"):
            standing.add(artifact.get_int_custom_property("current_model_id"))
        elif restored := artifact.get_int_custom_property(RESTORED_MODEL):
            standing = {model_id for model_id in standing if model_id < restored} | {restored}
    return standing


def _has_files(model: types.Artifact) -> bool:
    saved_model = os.path.join(path_utils.serving_model_dir(model.uri), "saved_model.pb")  # noqa: PTH118 - may be remote
    return bool(fileio.exists(saved_model))


def _last_blessing(
    blessings: Iterable[types.Artifact], models: Iterable[int]
) -> list[types.Artifact]:
    """Returns the last blessing of the last of these models."""
    last = max(models, default=None)
    of_last = [
        each for each in blessings if each.get_int_custom_property("current_model_id") == last
    ]
    return sorted(of_last, key=lambda each: int(each.id))[-1:]

"""The latest blessed model other than the candidate, and not one that was rolled back from."""

from collections.abc import Iterable

from tfx import types
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.dsl.input_resolution.strategies.latest_blessed_model_strategy import (
    LatestBlessedModelStrategy,
)

from components.baseline_resolver.rollback_mark import RESTORED_MODEL


class LatestOtherBlessedModelStrategy(ResolverStrategy):
    """Resolves `model` and `model_blessing` to the last blessed model that is not `candidate`.

    With the stock strategy a second run of an unchanged pipeline compares the model with itself:
    the model that the first run blessed becomes the baseline, the Evaluator sees a new input, runs
    for nothing and has the same model pushed again. Leaving the candidate out keeps its inputs as
    they were, so that the second run is answered from the cache.

    The stock strategy would also hold a candidate to the model that an operator has just rolled
    back from, which by its metrics may be the best there ever was. What is served again counts.
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
                pipeline's history, and `candidate`, the model of this run.

        Returns:
            The same keys: at most one model and its blessing, no push, the candidate as it came.
        """
        candidates = {artifact.id for artifact in input_dict["candidate"]}
        standing = standing_models(input_dict["model_blessing"], input_dict["pushed_model"])
        others = [
            model
            for model in input_dict["model"]
            if model.id in standing and model.id not in candidates
        ]
        resolved = latest_blessed(store, others, input_dict["model_blessing"])
        return {**resolved, "pushed_model": [], "candidate": input_dict["candidate"]}


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

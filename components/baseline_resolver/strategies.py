"""Which earlier model or statistics those of a run are compared with."""

import os
from collections.abc import Iterable

from tfx import types
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.dsl.input_resolution.strategies.latest_blessed_model_strategy import (
    LatestBlessedModelStrategy,
)
from tfx.dsl.io import fileio
from tfx.utils import path_utils

from components.baseline_resolver import RESTORED_MODEL
from components.interface import Artifacts
from components.pushed_baseline.executor import ABSENT_PROPERTY


class LatestOtherBlessedModelStrategy(ResolverStrategy):
    """Resolves `model` and `model_blessing` to the last blessed model that is not `candidate`.

    With the stock strategy a second run of an unchanged pipeline compares the model with itself:
    the model that the first run blessed becomes the baseline, so the Evaluator sees a new input,
    runs without need and has the same model pushed again. It would also hold a candidate to a model
    that an operator has rolled back from. Here the model that is served again counts.

    A model whose files were deleted is left out, because the Evaluator could not load it.
    """

    def resolve_artifacts(self, store: object, input_dict: Artifacts) -> Artifacts:
        """Picks the baseline from the whole history of the pipeline: one model and its blessing.

        `left_out` has the blessing of the model that would be the baseline if it had its files.
        """
        candidates = {artifact.id for artifact in input_dict["candidate"]}
        blessings = input_dict["model_blessing"]
        others = standing_models(blessings, input_dict["pushed_model"]) - candidates
        whole = [each for each in input_dict["model"] if each.id in others and _has_files(each)]
        resolved: Artifacts = LatestBlessedModelStrategy().resolve_artifacts(
            store, {"model": whole, "model_blessing": blessings}
        ) or {"model": [], "model_blessing": []}
        is_last = {each.id for each in resolved["model"]} == {max(others, default=None)}
        return {
            **resolved,
            "left_out": [] if is_last else _last_blessing(blessings, others),
            "pushed_model": [],
            "candidate": input_dict["candidate"],
        }


class PresentModelStrategy(ResolverStrategy):
    """Resolves `model` to the model of a `PushedBaseline`, or to nothing if it is marked absent.

    A node always has its output, and the Evaluator would take it for a model.
    """

    def resolve_artifacts(self, store: object, input_dict: Artifacts) -> Artifacts:  # noqa: ARG002
        models = input_dict["model"]
        return {"model": [each for each in models if not each.has_custom_property(ABSENT_PROPERTY)]}


class EarlierStatisticsStrategy(ResolverStrategy):
    """Resolves `statistics` to the newest of an earlier span than that of `candidate`.

    Data without spans have span 0; they are compared with the newest of another run. A span that is
    run again is compared with the span before it, not with a later one.
    """

    def resolve_artifacts(self, store: object, input_dict: Artifacts) -> Artifacts:  # noqa: ARG002
        (candidate,) = input_dict["candidate"]
        earlier = [
            other
            for other in input_dict["statistics"]
            if other.id != candidate.id
            and other.split_names == candidate.split_names  # a serving log has other splits
            and (other.span < candidate.span or other.span == candidate.span == 0)
        ]
        newest = sorted(earlier, key=lambda other: (other.span, other.id))[-1:]
        return {"statistics": newest, "candidate": [candidate]}


def standing_models(
    blessings: Iterable[types.Artifact], pushes: Iterable[types.Artifact]
) -> set[int]:
    """Returns the ids of the models that were blessed and not rolled back from since.

    A rollback to a model discards all younger models. Ids of artifacts ascend in the order in which
    the artifacts are made.
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

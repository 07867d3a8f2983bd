"""The latest blessed model other than the candidate."""

from tfx import types
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.dsl.input_resolution.strategies.latest_blessed_model_strategy import (
    LatestBlessedModelStrategy,
)


class LatestOtherBlessedModelStrategy(ResolverStrategy):
    """Resolves `model` and `model_blessing` to the last blessed model that is not `candidate`.

    With the stock strategy a second run of an unchanged pipeline compares the model with itself:
    the model that the first run blessed becomes the baseline, the Evaluator sees a new input, runs
    for nothing and has the same model pushed again. Leaving the candidate out keeps its inputs as
    they were, so that the second run is answered from the cache.
    """

    def resolve_artifacts(
        self,
        store: object,
        input_dict: dict[str, list[types.Artifact]],
    ) -> dict[str, list[types.Artifact]]:
        """Picks the baseline.

        Args:
            store: the metadata store.
            input_dict: `model` and `model_blessing`, all there are in the pipeline's history, and
                `candidate`, the model of this run.

        Returns:
            The same keys: at most one model and its blessing, and the candidate as it came.
        """
        candidates = {artifact.id for artifact in input_dict["candidate"]}
        others = [model for model in input_dict["model"] if model.id not in candidates]
        resolved = LatestBlessedModelStrategy().resolve_artifacts(
            store, {"model": others, "model_blessing": list(input_dict["model_blessing"])}
        )
        return {**resolved, "candidate": input_dict["candidate"]}

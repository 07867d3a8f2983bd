"""The model that a training may start from."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tfx import types
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.utils import path_utils

from components.baseline_resolver.strategy import latest_blessed, standing_models
from transform_module import features

# What the Trainer and MovieLensExampleGen write; their own code cannot be imported here.
RECORD_FILE: Final = "assets.extra/training_record.json"
REPORT_FILE: Final = "report.json"
JUDGING_SPLITS: Final = (features.SPLIT_EVAL, features.SPLIT_TEST)

_log: Final = logging.getLogger(__name__)


class EarlierModelStrategy(ResolverStrategy):
    """Resolves `model` to the last blessed model that learned before what is judged by was rated.

    A model has learned from the train and the eval ratings of its own data. If any of these may be
    an eval or test rating of this run's, a training that starts from the model has seen answers.
    So all of them must be earlier than the first of these, by what the model and the ingest of this
    run have put on record.

    The model of a first run on some data is thereby no base for a second run on the same data: that
    gets what the first got, and is answered from the cache.
    """

    def resolve_artifacts(
        self,
        store: object,
        input_dict: dict[str, list[types.Artifact]],
    ) -> dict[str, list[types.Artifact]]:
        """Picks the model.

        Args:
            store: the metadata store.
            input_dict: `model`, `model_blessing` and `pushed_model`, all there are in the
                pipeline's history; `latest`, the models again; and `ingest_report`, that of this
                run.

        Returns:
            The same keys: at most one model and its blessing, the latest blessed model whether it
            may be started from or not, no push, and the report as it came.
        """
        (report,) = input_dict["ingest_report"]
        first = first_judged(report)
        blessings = input_dict["model_blessing"]
        # What an operator rolled back from is not to come back by way of its weights.
        standing = standing_models(blessings, input_dict["pushed_model"])
        models = [model for model in input_dict["model"] if model.id in standing]
        latest = latest_blessed(store, models, blessings)["model"]
        earlier = [model for model in models if why_not(model, first) is None]
        resolved = latest_blessed(store, earlier, blessings)
        for model in latest:
            if reason := why_not(model, first):
                _log.warning("No start from the last blessed model, %s: %s", model.uri, reason)
        return {**resolved, "latest": latest, "pushed_model": [], "ingest_report": [report]}


def first_judged(ingest_report: types.Artifact) -> int | None:
    """The time of the first eval or test rating, seconds; None where there is none."""
    path = Path(ingest_report.uri) / REPORT_FILE
    rated: dict[str, int] = json.loads(path.read_text("utf-8"))["first_rated"]
    return min((rated[split] for split in JUDGING_SPLITS if split in rated), default=None)


def why_not(model: types.Artifact, first: int | None) -> str | None:
    """Says why a training may not start from a model; None where it may.

    Args:
        model: a model of an earlier run.
        first: of `first_judged`.
    """
    until = learned_until(model)
    if until is None:
        return "it does not tell what it has learned from"
    if first is not None and until >= first:
        return (
            f"it has learned until {_as_time(until)}, and the first rating that this run judges by "
            f"is of {_as_time(first)}"
        )
    return None


def learned_until(model: types.Artifact) -> int | None:
    """The time of the last rating that a model has learned from; None where it does not tell."""
    try:
        text = (Path(path_utils.serving_model_dir(model.uri)) / RECORD_FILE).read_text("utf-8")
    except FileNotFoundError:
        return None
    until: dict[str, int] = json.loads(text)["learned_until"]
    return max(until.values())


def _as_time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()

"""The end of each run, kept in the metadata store beside what TFX keeps of it."""

import json
from typing import Any, Final

from pipeline.run.outcome import Outcome
from pipeline.store.records import RUN_CONTEXT

_PROPERTY: Final = "movielens_outcome"
_KEPT: Final = ("status", "failures", "failed_node", "blessed", "pushed_version", "metrics")


def record_outcome(store: Any, outcome: Outcome) -> None:
    """Keeps how a run ended; nothing where it ended before its first node was registered.

    On the run's context, for a changed artifact would be a new one to TFX's cache.

    Args:
        store: the open `MetadataStore`.
        outcome: of the run.
    """
    run = store.get_context_by_type_and_name(RUN_CONTEXT, outcome.run_id)
    if run is None:
        return
    values = outcome.to_json_dict()
    text = json.dumps({"seconds": values["seconds"], **{key: values[key] for key in _KEPT}})
    run.custom_properties[_PROPERTY].string_value = text
    store.put_contexts([run])


def recorded_outcome(run: Any) -> dict[str, Any] | None:
    """Reads how a run ended.

    Args:
        run: the run's context.

    Returns:
        `status`, `failures`, `failed_node`, `blessed`, `pushed_version`, `metrics` and `seconds`;
        None for a run that was killed or has not ended.
    """
    if _PROPERTY not in run.custom_properties:
        return None
    kept: dict[str, Any] = json.loads(run.custom_properties[_PROPERTY].string_value)
    return kept

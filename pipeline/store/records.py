"""Looks up what belongs to one pipeline: a store on a server may hold many."""

from typing import Any, Final

PIPELINE_CONTEXT: Final = "pipeline"
RUN_CONTEXT: Final = "pipeline_run"


def executions_of_pipeline(store: Any, pipeline_name: str) -> list[Any]:
    """Returns all executions of all runs of a pipeline.

    Args:
        store: the open `MetadataStore`.
        pipeline_name: as in the configuration.
    """
    context = store.get_context_by_type_and_name(PIPELINE_CONTEXT, pipeline_name)
    return [] if context is None else list(store.get_executions_by_context(context.id))


def artifacts_of_pipeline(
    store: Any, pipeline_name: str, type_name: str | None = None
) -> list[Any]:
    """Returns the artifacts that runs of a pipeline made, oldest first.

    Args:
        store: the open `MetadataStore`.
        pipeline_name: as in the configuration.
        type_name: only those of this type, such as `PushedModel`.
    """
    context = store.get_context_by_type_and_name(PIPELINE_CONTEXT, pipeline_name)
    if context is None:
        return []
    artifacts = sorted(store.get_artifacts_by_context(context.id), key=lambda each: each.id)
    return [each for each in artifacts if type_name in (None, each.type)]


def runs_of_pipeline(store: Any, pipeline_name: str) -> list[Any]:
    """Returns the contexts of a pipeline's runs, oldest first; each is named by its run id."""
    context = store.get_context_by_type_and_name(PIPELINE_CONTEXT, pipeline_name)
    if context is None:
        return []
    children = store.get_children_contexts_by_context(context.id)
    return sorted((each for each in children if each.type == RUN_CONTEXT), key=lambda each: each.id)

"""Declares RunReport."""

from tfx.dsl.components.base import executor_spec
from tfx.types import standard_artifacts

from components.interface import Component, component_spec
from components.run_report import executor


class RunReport(Component):
    """Asks the model for lists of a sample of users, whether it was pushed or refused.

    `recommended` is JSON: `popularity` with `users`, `coverage`, `long_tail_share`, `novelty` and
    `lorenz`; `users`, a few with `user_id`, `ratings`, `liked` and `recommended`. If the lists
    could not be made, it is `problem` alone, which says why.
    """

    SPEC_CLASS = component_spec(
        inputs={"model": standard_artifacts.Model, "examples": standard_artifacts.Examples},
        options={"code_fingerprint": str},  # so that an edit misses TFX's cache
        outputs={"recommended": standard_artifacts.String},
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

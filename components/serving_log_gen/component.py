"""The node that reads a serving log."""

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts

from components.interface import Component, component_spec
from components.serving_log_gen import driver, executor


class ServingLogGen(Component, base_beam_component.BaseBeamComponent):
    """Makes examples of the requests that clients of a model server logged.

    They have the features that a request and a training example share: the movie, its genres and
    the history. The files are looked for when a run begins, and are part of the cache's key.

    Args:
        catalogue: Examples with the split `catalogue`, for the movies' genres.
        serving_log: The prefix of a log's files, or a pattern of them.
        model_name: The model whose requests count.
        code_fingerprint: A hash of this package's code, so that an edit misses TFX's cache.

    Outputs:
        examples: The split `serving`.
    """

    SPEC_CLASS = component_spec(
        inputs={"catalogue": standard_artifacts.Examples},
        options={"serving_log": str, "model_name": str, "code_fingerprint": str},
        outputs={"examples": standard_artifacts.Examples},
    )
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
    DRIVER_CLASS = driver.Driver

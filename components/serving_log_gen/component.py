"""The node that reads a serving log."""

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts

from components.interface import Component, component_spec
from components.serving_log_gen import driver, executor


class ServingLogGen(Component, base_beam_component.BaseBeamComponent):
    """Makes examples of the requests that clients of a model server logged.

    They have the features that a request and a training example share: the movie, its genres and
    the history. The files are looked for when a run begins, and are part of the cache's key.
    """

    SPEC_CLASS = component_spec(
        inputs={"catalogue": standard_artifacts.Examples},  # its split `catalogue` has the genres
        options={
            "serving_log": str,  # the prefix of a log's files, or a pattern of them
            "model_name": str,  # the model whose requests count
            "code_fingerprint": str,  # of this package, so that an edit misses TFX's cache
        },
        outputs={"examples": standard_artifacts.Examples},  # the split `serving`
    )
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
    DRIVER_CLASS = driver.Driver

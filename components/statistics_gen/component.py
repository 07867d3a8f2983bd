"""Declares StatisticsGen."""

from tfx.dsl.components.base import executor_spec
from tfx.types import standard_artifacts

from components.interface import Component, component_spec
from components.statistics_gen import executor


class StatisticsGen(Component):
    """Computes TFDV's statistics of the splits of examples.

    A split is sampled only if its examples say how many rows they are. TFDV draws whole batches, of
    1,000 rows.
    """

    SPEC_CLASS = component_spec(
        inputs={"examples": standard_artifacts.Examples},
        options={
            "exclude_splits": str,  # names as a list in JSON
            "stats_options_json": str,  # a `StatsOptions` of TFDV, or empty for its defaults
            "max_rows": int,  # above this many, a random sample of a split is taken; 0 for all rows
            "code_fingerprint": str,  # of this package, so that an edit misses TFX's cache
        },
        outputs={"statistics": standard_artifacts.ExampleStatistics},
    )
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

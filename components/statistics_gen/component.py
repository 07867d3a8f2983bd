"""Declares StatisticsGen."""

from tfx.dsl.components.base import executor_spec
from tfx.types import standard_artifacts

from components.interface import Component, component_spec
from components.statistics_gen import executor


class StatisticsGen(Component):
    """Computes TFDV's statistics of the splits of examples.

    Options: `exclude_splits`, names as a list in JSON; `stats_options_json`, a `StatsOptions` of
    TFDV in JSON, or "" for its defaults; `max_rows`, above which a random sample of a split is
    taken, or 0 for all rows. A split is sampled only if its examples say how many rows they are.
    TFDV draws whole batches, of 1,000 rows.
    """

    SPEC_CLASS = component_spec(
        inputs={"examples": standard_artifacts.Examples},
        options={"exclude_splits": str, "stats_options_json": str, "max_rows": int},
        outputs={"statistics": standard_artifacts.ExampleStatistics},
    )
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

"""The one TFMA metric of the evaluation: it computes every metric of a slice from its rows."""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from tensorflow_model_analysis.metrics import metric_types

from components.evaluator.extractors import ROWS_KEY
from components.evaluator.metrics import ALL_METRICS, measure
from components.evaluator.rated_rows import RatedRows


class RecommendationQuality(metric_types.Metric):
    """All of `metrics.ALL_METRICS`, as one TFMA metric.

    It needs the extracts of `extractors.custom_extractors`: the Evaluator runs them if it is given
    `module_path="components.evaluator.extractors"`.
    """

    def __init__(self, *, code_fingerprint: str = "") -> None:
        super().__init__(metric_computations, code_fingerprint=code_fingerprint)

    def _default_name(self) -> str:
        return "recommendation_quality"


def metric_computations(
    model_names: list[str] | None = None,
    code_fingerprint: str = "",  # noqa: ARG001 - TFMA passes the whole config
) -> list[metric_types.MetricComputation]:
    """Returns one computation for each model; TFMA calls it."""
    return [
        metric_types.MetricComputation(
            keys=list(_metric_keys(model_name).values()),
            preprocessors=[RowsOfModel(model_name)],
            combiner=ComputeFromRows(model_name),
        )
        for model_name in model_names or [""]
    ]


class RowsOfModel(metric_types.Preprocessor):
    """Picks one model's rows from an extract of `extractors.SliceBatch`."""

    def __init__(self, model_name: str) -> None:
        super().__init__(name=f"rows_of_model:{model_name}")
        self._model_name = model_name

    def process(self, extracts: dict[str, Any]) -> Iterator[RatedRows]:
        yield extracts[ROWS_KEY][self._model_name]


class ComputeFromRows(beam.CombineFn):
    """Collects the rows of a slice, then computes every metric in NumPy.

    AUC and rankings are exact and need all rows of a slice together. A row takes about 140 bytes in
    its seven or so slices. The 5 million test rows of MovieLens 25M take 0.7 GB, and the largest
    slice another 0.2 GB while its metrics are computed.
    """

    def __init__(self, model_name: str) -> None:
        super().__init__()
        self._model_name = model_name

    def create_accumulator(self) -> list[RatedRows]:
        return []

    def add_input(self, accumulator: list[RatedRows], element: RatedRows) -> list[RatedRows]:
        accumulator.append(element)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[list[RatedRows]]) -> list[RatedRows]:
        return [rows for accumulator in accumulators for rows in accumulator]

    def compact(self, accumulator: list[RatedRows]) -> list[RatedRows]:
        """Joins the batches into one, before Beam sends the accumulator on."""
        return [RatedRows.concatenate(accumulator)] if len(accumulator) > 1 else accumulator

    def extract_output(self, accumulator: list[RatedRows]) -> dict[metric_types.MetricKey, float]:
        values = measure(RatedRows.concatenate(accumulator))
        return {key: values[name] for name, key in _metric_keys(self._model_name).items()}


def _metric_keys(model_name: str) -> dict[str, metric_types.MetricKey]:
    # A threshold applies only to keys whose example_weighted is None; False does not do.
    return {
        name: metric_types.MetricKey(name, model_name=model_name, example_weighted=None)
        for name in ALL_METRICS
    }

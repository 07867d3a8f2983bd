"""The one TFMA metric of the evaluation: it computes every metric of a slice from its rows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import apache_beam as beam
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.metrics import metric_types

from components.evaluator.extractors import ROWS_KEY
from components.evaluator.metrics import estimate, figure_names, figures_of
from components.evaluator.rated_rows import RatedRows

RowsByModel: TypeAlias = dict[str, RatedRows]


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
    """Returns one computation for all models, the candidate first; TFMA calls it."""
    names = sorted(model_names or [""], key=lambda name: name == constants.BASELINE_KEY)
    return [
        metric_types.MetricComputation(
            keys=[
                _metric_key(figure, name)
                for name in names
                for figure in figure_names(has_baseline=name != names[-1])
            ],
            preprocessors=[RowsOfSlice()],
            combiner=ComputeFromRows(names),
        )
    ]


class RowsOfSlice(metric_types.Preprocessor):
    """Picks the rows, by model, from an extract of `extractors.SliceBatch`."""

    def __init__(self) -> None:
        super().__init__(name="rows_of_slice")

    def process(self, extracts: dict[str, Any]) -> Iterator[RowsByModel]:
        yield extracts[ROWS_KEY]


class ComputeFromRows(beam.CombineFn):
    """Collects the rows of a slice, then computes every metric in NumPy.

    AUC and rankings are exact and need all rows of a slice together, as does the error of a change,
    for which both models' rows are compared user by user. A row takes about 190 bytes a model in
    its seven or so slices. The 5 million test rows of MovieLens 25M take 0.95 GB a model, and the
    largest slice another 0.4 GB while its metrics are computed.
    """

    def __init__(self, model_names: Sequence[str]) -> None:
        super().__init__()
        self._model_names = tuple(model_names)

    def create_accumulator(self) -> list[RowsByModel]:
        return []

    def add_input(self, accumulator: list[RowsByModel], element: RowsByModel) -> list[RowsByModel]:
        accumulator.append(element)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[list[RowsByModel]]) -> list[RowsByModel]:
        return [rows for accumulator in accumulators for rows in accumulator]

    def compact(self, accumulator: list[RowsByModel]) -> list[RowsByModel]:
        """Joins the batches into one, before Beam sends the accumulator on."""
        return [self._joined(accumulator)] if len(accumulator) > 1 else accumulator

    def extract_output(self, accumulator: list[RowsByModel]) -> dict[metric_types.MetricKey, float]:
        rows = self._joined(accumulator)
        candidate, *baselines = (estimate(rows[name]) for name in self._model_names)
        measured = [figures_of(candidate, *baselines), *map(figures_of, baselines)]
        return {
            _metric_key(figure, name): value
            for name, figures in zip(self._model_names, measured, strict=True)
            for figure, value in figures.items()
        }

    def _joined(self, accumulator: list[RowsByModel]) -> RowsByModel:
        return {
            name: RatedRows.concatenate([rows[name] for rows in accumulator])
            for name in self._model_names
        }


def _metric_key(figure: str, model_name: str) -> metric_types.MetricKey:
    # A threshold applies only to keys whose example_weighted is None; False does not do.
    return metric_types.MetricKey(figure, model_name=model_name, example_weighted=None)

"""The evaluation's one TFMA metric: every figure of a slice, from one pass over its rows."""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from tensorflow_model_analysis.metrics import metric_types

from components.evaluator import metric_names as names
from components.evaluator.batch_slicing import ROWS_KEY
from components.evaluator.rated_rows import RatedRows
from movielens.formulas import (
    area_under_roc_curve,
    mean_absolute_error,
    mean_or_nan,
    rank_users,
    root_mean_squared_error,
)


def compute_metrics(rows: RatedRows) -> dict[str, float]:
    """All metrics of `metric_names` over these rows.

    The ranking metrics are NaN where the rows are not whole users. They are there all the same:
    TFMA fails a model for any slice, with a bound or not, that lacks a metric bounded elsewhere.

    Args:
        rows: At least one row.

    Returns:
        Values by metric name; NaN where a value is undefined.
    """
    rmse = root_mean_squared_error(rows.ratings, rows.predicted_ratings)
    bias_rmse = root_mean_squared_error(rows.ratings, rows.bias_ratings)
    auc = area_under_roc_curve(rows.liked, rows.liked_scores)
    return {
        names.EXAMPLE_COUNT: float(len(rows)),
        names.RMSE: rmse,
        names.MAE: mean_absolute_error(rows.ratings, rows.predicted_ratings),
        names.AUC: auc,
        names.BIAS_RMSE: bias_rmse,
        names.RMSE_GAIN_OVER_BIAS: bias_rmse - rmse,
        names.AUC_GAIN_OVER_BIAS: auc - area_under_roc_curve(rows.liked, rows.bias_ratings),
        **_ranking_metrics(rows),
    }


def _ranking_metrics(rows: RatedRows) -> dict[str, float]:
    if not rows.has_ids:
        return dict.fromkeys(names.RANKING_METRICS, float("nan"))
    users = rank_users(rows.user_ids, rows.movie_ids, rows.liked_scores, rows.liked)
    return {
        names.NDCG_STRICT: mean_or_nan(users.ndcg[users.strict]),
        names.NDCG_NORMAL: mean_or_nan(users.ndcg[users.normal]),
        names.P10_STRICT: mean_or_nan(users.precision[users.strict]),
        names.P10_NORMAL: mean_or_nan(users.precision[users.normal]),
        names.USERS_STRICT: float(users.strict.sum()),
        names.USERS_NORMAL: float(users.normal.sum()),
    }


class RecommendationQuality(metric_types.Metric):
    """Errors, AUC, rankings and the gain over the bias baseline, as one TFMA metric.

    Needs the extracts of `extractors.custom_extractors`, which the Evaluator is given by
    `module_path="components.evaluator.extractors"`.
    """

    def __init__(self, *, code_fingerprint: str = "") -> None:
        """Makes the metric from its config in the EvalConfig.

        Args:
            code_fingerprint: A hash of the code that computes the metrics. Not used here: as a part
                of the config it makes TFX's cache miss when that code changes.
        """
        super().__init__(metric_computations, code_fingerprint=code_fingerprint)

    def _default_name(self) -> str:
        return "recommendation_quality"


def metric_computations(
    model_names: list[str] | None = None,
    code_fingerprint: str = "",  # noqa: ARG001 - TFMA passes the whole config
) -> list[metric_types.MetricComputation]:
    """One computation a model, as TFMA asks a Metric for.

    Args:
        model_names: The models to measure; `[""]` where there is only one.
        code_fingerprint: Unused; see `RecommendationQuality`.
    """
    return [
        metric_types.MetricComputation(
            keys=list(_metric_keys(model_name).values()),
            preprocessors=[RowsOfModel(model_name)],
            combiner=ComputeFromRows(model_name),
        )
        for model_name in model_names or [""]
    ]


class RowsOfModel(metric_types.Preprocessor):
    """Picks one model's rows from an extract."""

    def __init__(self, model_name: str) -> None:
        super().__init__(name=f"rows_of_model:{model_name}")
        self._model_name = model_name

    def process(self, extracts: dict[str, Any]) -> Iterator[RatedRows]:
        """Yields the RatedRows of the model.

        Raises:
            ValueError: The extract comes from TFMA's own extractors.
        """
        if ROWS_KEY not in extracts:
            raise ValueError(
                f"RecommendationQuality needs extracts with {ROWS_KEY!r}, received only "
                f"{sorted(extracts)}. Give the Evaluator "
                "module_path='components.evaluator.extractors'."
            )
        yield extracts[ROWS_KEY][self._model_name]


class ComputeFromRows(beam.CombineFn):
    """Collects the rows of a slice, then computes every metric in NumPy.

    AUC and rankings need all rows of a slice together; they are exact rather than approximated.
    A row costs 33 bytes in the whole-user slices and 17 in the others, so some 140 bytes over its
    seven or so slices: the 5 million test rows of MovieLens 25M take 0.7 GB in all, and the largest
    slice as much as it has again (0.2 GB) while it is computed.
    """

    def __init__(self, model_name: str) -> None:
        super().__init__()
        self._model_name = model_name

    def create_accumulator(self) -> list[RatedRows]:
        """No rows yet."""
        return []

    def add_input(self, accumulator: list[RatedRows], element: RatedRows) -> list[RatedRows]:
        """Adds a batch of rows."""
        accumulator.append(element)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[list[RatedRows]]) -> list[RatedRows]:
        """All batches of all accumulators."""
        return [rows for accumulator in accumulators for rows in accumulator]

    def compact(self, accumulator: list[RatedRows]) -> list[RatedRows]:
        """One batch in place of many, before the accumulator travels."""
        return [RatedRows.concatenate(accumulator)] if len(accumulator) > 1 else accumulator

    def extract_output(self, accumulator: list[RatedRows]) -> dict[metric_types.MetricKey, float]:
        """Every metric of the slice."""
        values = compute_metrics(RatedRows.concatenate(accumulator))
        return {key: values[name] for name, key in _metric_keys(self._model_name).items()}


def _metric_keys(model_name: str) -> dict[str, metric_types.MetricKey]:
    # MetricsSpec.thresholds look for keys whose example_weighted is None, not False.
    return {
        name: metric_types.MetricKey(name, model_name=model_name, example_weighted=None)
        for name in names.ALL_METRICS
    }

"""The slides' own figures on `reference`, from their pages "Evaluation"."""

from collections.abc import Mapping
from typing import Final

from components.evaluator.metrics import RANKING_METRICS
from scoreboard.measuring.metrics import METRICS

# The figures of MF-DNN leak: its average rating is over train and test, and its test histories hold
# test movies. The MF with history is from the slides' notebook. With cross entropy, RMSE is that of
# the logit.
SLIDES: Final[Mapping[str, Mapping[str, float]]] = {
    "dummy": {
        "rmse": 3.23,
        "auc": 0.50,
        "ndcg_strict": 0.45,
        "ndcg_normal": 0.63,
        "p10_strict": 0.37,
        "p10_normal": 0.54,
    },
    "mf": {
        "rmse": 0.93,
        "auc": 0.74,
        "ndcg_strict": 0.63,
        "ndcg_normal": 0.76,
        "p10_strict": 0.50,
        "p10_normal": 0.63,
    },
    "mf_history": {
        "rmse": 0.925,
        "auc": 0.746,
        "ndcg_strict": 0.633,
        "ndcg_normal": 0.761,
        "p10_strict": 0.515,
        "p10_normal": 0.635,
    },
    "mf_dnn (mse)": {
        "rmse": 0.82,
        "auc": 0.80,
        "ndcg_strict": 0.73,
        "ndcg_normal": 0.83,
        "p10_strict": 0.59,
        "p10_normal": 0.68,
    },
    "mf_dnn (cross_entropy)": {
        "rmse": 1.44,
        "auc": 0.81,
        "ndcg_strict": 0.72,
        "ndcg_normal": 0.82,
        "p10_strict": 0.59,
        "p10_normal": 0.68,
    },
}
# Our label beside each column of the slides.
OUR_LABELS: Final[Mapping[str, str]] = {
    "dummy": "dummy (mse)",
    "mf": "mf (mse)",
    "mf_history": "mf_history (mse)",
    "mf_dnn (mse)": "mf_dnn (mse)",
    "mf_dnn (cross_entropy)": "mf_dnn (cross_entropy)",
}
SLIDES_METRICS: Final = tuple(metric for metric in METRICS if metric.name in SLIDES["dummy"])
# The slides' two tables.
TABLES: Final = (
    ("Errors and AUC", [each for each in SLIDES_METRICS if each.name not in RANKING_METRICS]),
    ("Rankings", [each for each in SLIDES_METRICS if each.name in RANKING_METRICS]),
)

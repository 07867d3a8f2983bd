"""The figures of the slides, on `reference`, as they stand on the pages "Evaluation"."""

from collections.abc import Mapping
from typing import Final

# Their MF-DNN figures leak: the average rating is over train and test, and test histories hold
# test movies. The MF with history is from their notebook. Cross entropy's RMSE is of the logit.
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
# Which of our labels stands beside a column of the slides.
OUR_LABELS: Final[Mapping[str, str]] = {
    "dummy": "dummy (mse)",
    "mf": "mf (mse)",
    "mf_history": "mf_history (mse)",
    "mf_dnn (mse)": "mf_dnn (mse)",
    "mf_dnn (cross_entropy)": "mf_dnn (cross_entropy)",
}
# The slides' two tables: errors and AUC, and rankings.
TABLES: Final = (
    ("Errors and AUC", ("rmse", "auc")),
    ("Rankings", ("ndcg_strict", "ndcg_normal", "p10_strict", "p10_normal")),
)
METRIC_TITLES: Final[Mapping[str, str]] = {
    "rmse": "RMSE",
    "mae": "MAE",
    "auc": "AUC",
    "log_loss": "log loss",
    "ndcg_strict": "NDCG@10 strict",
    "ndcg_normal": "NDCG@10 normal",
    "p10_strict": "P@10 strict",
    "p10_normal": "P@10 normal",
    "catalogue_ndcg10": "NDCG@10",
    "catalogue_recall10": "recall@10",
    "coverage": "coverage",
    "novelty": "novelty (bits)",
    "diversity": "diversity",
}

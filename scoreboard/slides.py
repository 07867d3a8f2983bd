"""The slides' own figures on `reference`, from their pages "Evaluation"."""

from collections.abc import Mapping
from typing import Final

from components.evaluator.metrics import RANKING_METRICS
from scoreboard.measuring.metrics import METRICS

_NAMES: Final = ("rmse", "auc", "ndcg_strict", "ndcg_normal", "p10_strict", "p10_normal")
# The figures of MF-DNN leak: its average rating is over train and test, and its test histories hold
# test movies. The MF with history is from the slides' notebook. With cross entropy, RMSE is that of
# the logit.
SLIDES: Final[Mapping[str, Mapping[str, float]]] = {
    model: dict(zip(_NAMES, figures, strict=True))
    for model, figures in {
        "dummy": (3.23, 0.50, 0.45, 0.63, 0.37, 0.54),
        "mf": (0.93, 0.74, 0.63, 0.76, 0.50, 0.63),
        "mf_history": (0.925, 0.746, 0.633, 0.761, 0.515, 0.635),
        "mf_dnn (mse)": (0.82, 0.80, 0.73, 0.83, 0.59, 0.68),
        "mf_dnn (cross_entropy)": (1.44, 0.81, 0.72, 0.82, 0.59, 0.68),
    }.items()
}
# Our label beside each column of the slides.
OUR_LABELS: Final[Mapping[str, str]] = {
    model: model if "(" in model else f"{model} (mse)" for model in SLIDES
}
SLIDES_METRICS: Final = tuple(metric for metric in METRICS if metric.name in _NAMES)
# The slides' two tables.
TABLES: Final = (
    ("Errors and AUC", [each for each in SLIDES_METRICS if each.name not in RANKING_METRICS]),
    ("Rankings", [each for each in SLIDES_METRICS if each.name in RANKING_METRICS]),
)

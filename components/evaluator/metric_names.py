"""Names of the evaluation's metrics, and which way is better."""

from typing import Final

EXAMPLE_COUNT: Final = "example_count"

RMSE: Final = "rmse"  # stars
MAE: Final = "mae"  # stars
AUC: Final = "auc"  # of `liked`, over all rows

BIAS_RMSE: Final = "bias_rmse"  # stars; of the user + item bias baseline on the same rows
RMSE_GAIN_OVER_BIAS: Final = "rmse_gain_over_bias"  # BIAS_RMSE - RMSE
AUC_GAIN_OVER_BIAS: Final = "auc_gain_over_bias"  # AUC - the baseline's AUC

NDCG_STRICT: Final = "ndcg_strict"  # NDCG@10, mean over strict users
NDCG_NORMAL: Final = "ndcg_normal"
P10_STRICT: Final = "p10_strict"  # precision@10
P10_NORMAL: Final = "p10_normal"
USERS_STRICT: Final = "users_strict"  # how many users the strict means are over
USERS_NORMAL: Final = "users_normal"

ROW_METRICS: Final = (
    EXAMPLE_COUNT,
    RMSE,
    MAE,
    AUC,
    BIAS_RMSE,
    RMSE_GAIN_OVER_BIAS,
    AUC_GAIN_OVER_BIAS,
)
RANKING_METRICS: Final = (
    NDCG_STRICT,
    NDCG_NORMAL,
    P10_STRICT,
    P10_NORMAL,
    USERS_STRICT,
    USERS_NORMAL,
)
ALL_METRICS: Final = ROW_METRICS + RANKING_METRICS
LOWER_IS_BETTER: Final = frozenset({RMSE, MAE, BIAS_RMSE})

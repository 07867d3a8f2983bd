"""The metrics once more, the plain way: a loop a user, sorted() for the ranking, scikit-learn.

Slow and naive on purpose: it shares no computation with `movielens.formulas`, which the Evaluator
and the scoreboard use, so that a mistake there shows.
"""

import math
from collections import defaultdict

from sklearn import metrics

from components.evaluator.rated_rows import RatedRows


def plain_metrics(predictions: RatedRows) -> dict[str, float]:
    """Every metric of the slides, by its name in summaries and boards.

    The means over strict and normal users are missing if there is no such user.
    """
    stars, predicted = predictions.ratings.tolist(), predictions.predicted_ratings.tolist()
    liked = [rating >= 4.0 for rating in stars]
    scores = predictions.liked_scores.tolist()
    rows_by_user = defaultdict(list)
    columns = predictions.user_ids.tolist(), predictions.movie_ids.tolist(), scores, liked
    for user, movie, score, is_liked in zip(*columns, strict=True):
        rows_by_user[user].append((-score, movie, is_liked))
    # Best score first; among equals the smaller movie id, which is what sorting tuples does.
    ranked = [[is_liked for *_, is_liked in sorted(rows)] for rows in rows_by_user.values()]
    normal = [gains for gains in ranked if 0 < sum(gains) < len(gains)]
    strict = [gains for gains in normal if len(gains) >= 10 and sum(gains) <= len(gains) / 2]
    groups = {"strict": strict, "normal": normal}
    return {
        "rmse": math.sqrt(metrics.mean_squared_error(stars, predicted)),
        "mae": metrics.mean_absolute_error(stars, predicted),
        "auc": metrics.roc_auc_score(liked, scores),
        **{f"users_{group}": len(users) for group, users in groups.items()},
        **{
            f"ndcg_{group}": math.fsum(map(_ndcg, users)) / len(users)
            for group, users in groups.items()
            if users
        },
        **{
            f"p10_{group}": math.fsum(sum(gains[:10]) / 10 for gains in users) / len(users)
            for group, users in groups.items()
            if users
        },
    }


def _ndcg(gains: list[bool]) -> float:
    return _dcg(gains) / _dcg(sorted(gains, reverse=True))


def _dcg(gains: list[bool]) -> float:
    return math.fsum(
        (2**gain - 1) / math.log2(rank + 1) for rank, gain in enumerate(gains[:10], start=1)
    )

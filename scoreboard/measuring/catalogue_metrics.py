"""Metrics of lists over the whole catalogue: likes found, coverage, novelty and diversity."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from components.evaluator.metrics import Direction, Metric
from movielens.formulas import CUTOFF, DISCOUNTS, novelty
from scoreboard.measuring.list_tasks import ListTask
from transform_module import features

CATALOGUE_METRICS: Final = (
    Metric(
        name="catalogue_ndcg10",
        label="NDCG@10",
        description="NDCG@10 of the lists with binary gain, mean over users.",
        direction=Direction.HIGHER,
    ),
    Metric(
        name="catalogue_recall10",
        label="recall@10",
        description="Likes in the list / likes of the user, mean over users.",
        direction=Direction.HIGHER,
    ),
    Metric(
        name="coverage",
        label="coverage",
        description="Share of the catalogue that is in any list.",
        direction=Direction.HIGHER,
    ),
    Metric(
        name="novelty",
        label="novelty (bits)",
        description="Mean self-information of the movies in the lists, -log2(raters / users), in "
        "bits; a movie without raters counts as one with a single rater.",
        direction=Direction.HIGHER,
    ),
    Metric(
        name="diversity",
        label="diversity",
        description="Mean of 1 - cosine of the genres of every two movies in a list, then the mean "
        "over lists.",
        direction=Direction.HIGHER,
    ),
)


def measure_lists(lists: NDArray[np.int64], task: ListTask) -> dict[str, float]:
    """Computes `CATALOGUE_METRICS`, by name.

    `lists` are int64 [U, 10], best first, padded by -1, users as in the task. A ValueError if one
    holds a movie that its user has seen, or a movie twice.
    """
    ndcg, recall = np.zeros(len(lists)), np.zeros(len(lists))
    for row, user in enumerate(task.user_ids.tolist()):
        _check(user, lists[row], task.seen.get(user))
        found = np.isin(lists[row], task.relevant[user])
        likes = len(task.relevant[user])
        ndcg[row] = found @ DISCOUNTS / DISCOUNTS[: min(likes, CUTOFF)].sum()
        recall[row] = found.sum() / likes
    shown = lists[lists != features.PADDING_ID]
    position = np.searchsorted(task.movie_ids, shown)
    return {
        "catalogue_ndcg10": float(ndcg.mean()),
        "catalogue_recall10": float(recall.mean()),
        "coverage": len(np.unique(shown)) / len(task.movie_ids),
        "novelty": novelty(task.raters[position], task.users),
        "diversity": float(np.mean([_diversity(each, task) for each in lists])),
    }


def _check(user: int, listed: NDArray[np.int64], seen: NDArray[np.int64] | None) -> None:
    shown = listed[listed != features.PADDING_ID]
    known = shown[np.isin(shown, seen)] if seen is not None else shown[:0]
    if len(known) or len(np.unique(shown)) < len(shown):
        raise ValueError(
            f"A list should hold each movie once and none that its user has rated. Received for "
            f"user {user}: {shown.tolist()}, rated before: {known.tolist()}"
        )


def _diversity(listed: NDArray[np.int64], task: ListTask) -> float:
    shown = listed[listed != features.PADDING_ID]
    if len(shown) < 2:
        return 0.0
    genres = task.genres[np.searchsorted(task.movie_ids, shown)]
    lengths = np.linalg.norm(genres, axis=1, keepdims=True)
    unit = genres / np.where(lengths > 0, lengths, 1.0)
    cosines = unit @ unit.T
    pairs = len(shown) * (len(shown) - 1)
    return float(1.0 - (cosines.sum() - np.trace(cosines)) / pairs)

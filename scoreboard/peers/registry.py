"""The peers by name."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from scoreboard.data.rated_movies import RatedMovies
from scoreboard.measuring.answers import Answers
from scoreboard.measuring.catalogue_metrics import ListTask, best_unseen
from scoreboard.measuring.metrics import Predictions
from scoreboard.peers import raters
from scoreboard.peers.rankers import (
    Scores,
    ease,
    implicit_als,
    item_knn,
    most_popular,
)
from scoreboard.peers.ratings_matrix import RatingsMatrix

if TYPE_CHECKING:
    from scoreboard.data.protocol_data import ProtocolData


@dataclasses.dataclass(frozen=True, kw_only=True)
class Peer:
    """One other method: what it can answer, and how.

    Attributes:
        rate: Predicts the test ratings from arrays.
        rate_features: Predicts them from transformed examples: all that a peer can leak by is what
            our own models are given, so that it has figures on `reference-leaky` too.
        rank: Scores the catalogue for the users of a task.
    """

    rate: Callable[[RatedMovies, int], Predictions] | None = None
    rate_features: Callable[["ProtocolData", int], Predictions] | None = None
    rank: Callable[[RatingsMatrix, ListTask, int], Scores] | None = None


def _boosted_trees(data: "ProtocolData", seed: int) -> Predictions:
    from scoreboard.peers.boosted_trees import boosted_trees  # with tf.Transform

    return boosted_trees(data, seed)


_KNN_OPTIONS: Final = {"name": "pearson_baseline", "user_based": False}

PEERS: Final[Mapping[str, Peer]] = {
    "user-item-bias": Peer(rate=raters.user_item_bias),
    "svd": Peer(rate=raters.surprise_rater(lambda lib, seed: lib.SVD(random_state=seed))),
    "svdpp": Peer(
        rate=raters.surprise_rater(
            lambda lib, seed: lib.SVDpp(random_state=seed, cache_ratings=True)
        )
    ),
    "knn-baseline": Peer(
        rate=raters.surprise_rater(
            lambda lib, _: lib.KNNBaseline(sim_options=_KNN_OPTIONS, verbose=False)
        )
    ),
    "lightgbm": Peer(rate_features=_boosted_trees),
    "most-popular": Peer(rank=most_popular),
    "item-knn": Peer(rank=item_knn),
    "ease": Peer(rank=ease),
    "implicit-als": Peer(rank=implicit_als),
}


def ask_peer(
    name: str, rated: RatedMovies, task: ListTask, seed: int, data: "ProtocolData | None" = None
) -> Answers:
    """Fits a peer and asks it what it can answer.

    Args:
        name: A name of `PEERS`.
        rated: The ratings with their splits.
        task: Who is to be given a list.
        seed: Of every random choice.
        data: The transformed examples, for a peer that reads those.

    Returns:
        Predictions, or lists.

    Raises:
        MissingPackageError: The peer's package is not installed.
    """
    peer = PEERS[name]
    started = time.perf_counter()
    predictions = lists = None
    if peer.rate:
        predictions = peer.rate(rated, seed)
    elif peer.rate_features and data:
        predictions = peer.rate_features(data, seed)
    elif peer.rank:
        lists = best_unseen(peer.rank(RatingsMatrix.of(rated), task, seed), task)
    return Answers(predictions=predictions, lists=lists, fit_seconds=time.perf_counter() - started)

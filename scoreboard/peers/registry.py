"""The peers by name, with what is known of each before its library is loaded."""

import dataclasses
import importlib.util
import time
from collections.abc import Mapping
from typing import Final

from scoreboard.measuring.answers import Answers, Question
from scoreboard.measuring.list_tasks import best_unseen


@dataclasses.dataclass(frozen=True, kw_only=True)
class Peer:
    """What is known of a peer by its name."""

    # What fits it and asks it, by its import path in `scoreboard.peers`: a function of a `Question`
    # and a seed.
    function: str
    # Whether it scores the catalogue for each user of the task, float [U, N]. If not, it rates
    # every test rating, as `RatedRows`.
    ranks: bool = False
    # Whether it learns from the pipeline's features, so that leaky ones can be given to it. The
    # others learn from ratings that are not test, whatever the protocol, and would mislead on a
    # leaky board.
    reads_features: bool = False
    are_probabilities: bool = False  # whether it rates with P(rating >= 4)
    is_random: bool = False  # whether the seed changes anything
    module: str | None = None  # that it needs of the extra `bench`; None for none


# In the order of the board.
PEERS: Final[Mapping[str, Peer]] = {
    "user-item-bias": Peer(function="raters.user_item_bias"),
    "svd": Peer(function="raters.svd", is_random=True, module="surprise"),
    "svdpp": Peer(function="raters.svdpp", is_random=True, module="surprise"),
    "knn-baseline": Peer(function="raters.knn_baseline", module="surprise"),
    "lightgbm": Peer(
        function="boosted_trees.boosted_trees",
        reads_features=True,
        are_probabilities=True,
        is_random=True,
        module="lightgbm",
    ),
    "most-popular": Peer(function="rankers.most_popular", ranks=True),
    "item-knn": Peer(function="rankers.item_knn", ranks=True),
    "ease": Peer(function="rankers.ease", ranks=True),
    "implicit-als": Peer(
        function="rankers.implicit_als", ranks=True, is_random=True, module="implicit"
    ),
}


def missing_packages(needed: Mapping[str, str | None]) -> str:
    """Returns a message naming the modules that are not installed, or an empty string.

    `needed` has the module that each model or option needs; None for none.

    >>> missing_packages({"ease": None, "--x": "math", "bpr": "bpr_lib"}).partition(". ")[0]
    'Not installed: `bpr_lib` (for bpr)'
    """
    missing = [
        f"`{module}` (for {name})"
        for name, module in needed.items()
        if module is not None and importlib.util.find_spec(module) is None
    ]
    if not missing:
        return ""
    return (
        f"Not installed: {', '.join(missing)}. Run `pip install -e '.[bench]'`, or leave out what "
        "needs it"
    )


def ask_peer(name: str, question: Question, seed: int) -> Answers:
    """Fits a peer, and asks it to rate or to rank, whichever it can."""
    peer = PEERS[name]
    module, _, function = peer.function.partition(".")
    fit_and_ask = getattr(importlib.import_module(f"scoreboard.peers.{module}"), function)
    started = time.perf_counter()
    answer = fit_and_ask(question, seed)
    return Answers(
        rows=None if peer.ranks else answer,
        are_probabilities=peer.are_probabilities,
        lists=best_unseen(answer, question.task) if peer.ranks else None,
        fit_seconds=time.perf_counter() - started,
    )

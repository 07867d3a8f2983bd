"""The peers' names, apart from their code, which takes seconds to import."""

from collections.abc import Mapping
from typing import Final

# In the order of the board; whether a seed changes anything.
PEER_NAMES: Final[Mapping[str, bool]] = {
    "user-item-bias": False,
    "svd": True,
    "svdpp": True,
    "knn-baseline": False,
    "lightgbm": True,
    "most-popular": False,
    "item-knn": False,
    "ease": False,
    "implicit-als": True,
}
# Those that learn from the pipeline's features, and so can be given leaky ones. The others learn
# from ratings that are not test, whatever the protocol: on a leaky board they would mislead.
FEATURE_PEERS: Final = frozenset({"lightgbm"})

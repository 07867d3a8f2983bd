"""How tests share two processes: who stays together, who comes first, how many threads each has."""

import gc
import os
from pathlib import Path

import pytest

# Two processes share two processors: a pool of threads in each would have them wait for each other.
for _variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(_variable, "1")

TESTS = Path(__file__).parent
# Fixtures that are dear to make. Whatever uses one of a line is a group, which a process
# runs as a whole; the longest first, so that none is left over for the end. Of all other tests,
# those of a file are a group.
DEAR_FIXTURES = (
    ("three_runs",),
    ("two_runs",),
    ("first_run", "finished_run", "default_run"),
    ("exported",),
    ("rated", "honest"),
    ("found",),
    ("chosen",),
    ("transform",),
    ("endpoints",),
    ("server",),
)


@pytest.hookimpl(tryfirst=True)  # pytest-xdist looks for groups in a hook of its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {item: _rank(item) for item in items}
    for item, rank in ranks.items():
        is_alone = rank == len(DEAR_FIXTURES)
        file = item.path.relative_to(TESTS).as_posix()
        item.add_marker(pytest.mark.xdist_group(file if is_alone else DEAR_FIXTURES[rank][0]))
    items.sort(key=ranks.__getitem__)


def pytest_collection_finish() -> None:
    """Keeps the collector of garbage off the millions of objects that the libraries consist of."""
    gc.collect()
    gc.freeze()


def _rank(item: pytest.Item) -> int:
    used = getattr(item, "fixturenames", ())
    shared = (rank for rank, names in enumerate(DEAR_FIXTURES) if not set(names).isdisjoint(used))
    return next(shared, len(DEAR_FIXTURES))

"""How tests are spread over processes: which stay together, which start first, how many threads."""

import gc
import os
import signal
from pathlib import Path

import pytest

# One thread each: with a pool of threads in every process they would wait for each other.
for _variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(_variable, "1")

ROOT = Path(__file__).parents[1]
# Shells start what runs in the background with this signal ignored; tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Programs, of which the search for examples in docstrings must not import any.
collect_ignore = ["serving/build_models.py"]

# Tests that use a fixture of the same line form a group, which one process runs as a whole. The
# groups start in this order, those that take longest first. The other tests are grouped by file.
EXPENSIVE_FIXTURES = (
    ("three_runs",),
    ("two_runs",),
    ("first_run", "finished_run", "default_run"),
    ("exported",),
    ("rated", "honest"),
    ("leaky_cell",),
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
        is_alone = rank == len(EXPENSIVE_FIXTURES)
        file = item.path.relative_to(ROOT).as_posix()
        item.add_marker(pytest.mark.xdist_group(file if is_alone else EXPENSIVE_FIXTURES[rank][0]))
    items.sort(key=ranks.__getitem__)


def pytest_collection_finish() -> None:
    """Takes the objects of the loaded libraries out of every later garbage collection."""
    gc.collect()
    gc.freeze()


def _rank(item: pytest.Item) -> int:
    used = set(getattr(item, "fixturenames", ()))
    ranks = (rank for rank, names in enumerate(EXPENSIVE_FIXTURES) if used.intersection(names))
    return next(ranks, len(EXPENSIVE_FIXTURES))

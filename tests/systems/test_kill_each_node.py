"""A run that is killed in every node in turn, and started again, ends as an unkilled one."""

import json
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from ml_metadata.proto import metadata_store_pb2

from components.atomic_pusher.version_folder import versions
from pipeline.config import load_config
from pipeline.store.connection import open_store
from pipeline.store.ledger import executions_of_pipeline
from tests.support.forked_runs import KILLED, ForkedRuns
from tests.support.nodes import NODES
from tests.systems.conftest import small_run, states

pytestmark = [pytest.mark.systems, pytest.mark.e2e]

TRAINED = ("trainer.model=mf_history", "trainer.epochs=1", "trainer.embedding_dim=4")
COPIED = "Pusher, before the rename"
COMPLETE = metadata_store_pb2.Execution.COMPLETE
CACHED = metadata_store_pb2.Execution.CACHED
FAILED = metadata_store_pb2.Execution.FAILED


@pytest.mark.timeout(3600)
def test_killed_in_every_node_in_turn_it_ends_as_an_unkilled_run_and_always_serves(
    ratings_folder: Path, forked: ForkedRuns, tmp_path: Path
) -> None:
    unkilled, killed = tmp_path / "unkilled", tmp_path / "killed"
    served = killed / "serving_model" / "movielens"
    put_version(served, 1)

    def run(output: Path, die_in: str | None = None) -> int:
        log = tmp_path / f"{output.name}.log"
        return forked.run(small_run(output, ratings_folder, log, *TRAINED, die_in=die_in))

    deaths = (*NODES[:-2], COPIED, "Pusher", "RunReport")
    with always_whole(served):
        codes = [run(killed, node) for node in deaths] + [run(killed)]
    log = (tmp_path / "killed.log").read_text()
    assert codes == [*(KILLED for _ in deaths), 0], log
    assert run(unkilled) == 0
    # The resolver, which has no executor, had finished when it was killed.
    assert log.count("going on from the nodes that it finished") == len(deaths) - 1

    assert tuple(states(unkilled)) == NODES
    again = states(killed)
    assert {node for node, state in again.items() if state == "executed"} == {
        "BaselineResolver",
        "RunReport",
    }
    assert summary(killed)["metrics"] == summary(unkilled)["metrics"]
    assert finished_executions(killed) == {node: 1 for node in NODES if node != "BaselineResolver"}
    assert not list(served.glob("unfinished-*"))
    assert answers(killed) == answers(unkilled)


def summary(output: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((output / "summary.json").read_text())
    return read


def finished_executions(output: Path) -> dict[str, int]:
    """How often each node but the resolver did its work to the end."""
    store = open_store(load_config(output=str(output)))
    finished: Counter[str] = Counter()
    for execution in executions_of_pipeline(store, "movielens"):
        assert execution.last_known_state in (COMPLETE, CACHED, FAILED)
        names = [c.name for c in store.get_contexts_by_execution(execution.id) if c.type == "node"]
        finished[names[0].removeprefix("movielens.")] += execution.last_known_state == COMPLETE
    del finished["BaselineResolver"]
    return dict(finished)


def answers(output: Path) -> list[Any]:
    """What the model that was pushed last says, to the bit."""
    folder = output / "serving_model" / "movielens"
    model = tf.saved_model.load(str(folder / str(summary(output)["pushed_version"])))
    seen = {
        "history_movie_ids": tf.constant([[1, 2, 3], [10, 20, -1]], tf.int64),
        "history_ratings": tf.constant([[5.0, 1.0, 4.0], [3.0, 4.5, 0.0]]),
    }
    rated = model.signatures["rate"](
        **seen, candidate_movie_ids=tf.constant([[4, 5, 6, 7]] * 2, tf.int64)
    )
    return [np.asarray(rated[name]).tolist() for name in ("rating", "liked")]


def put_version(served: Path, version: int) -> None:
    folder = served / str(version)
    (folder / "variables").mkdir(parents=True)
    for name in ("saved_model.pb", "variables/variables.index"):
        (folder / name).touch()


@contextmanager
def always_whole(served: Path) -> Iterator[None]:
    """Looks all the time whether a server would find its version, and every version whole."""
    faults: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            there = versions(served)
            if not there or 1 not in there:
                faults.append(f"versions {there}")
            faults.extend(
                f"{version} without {name}"
                for version in there
                for name in ("saved_model.pb", "variables/variables.index")
                if not (served / str(version) / name).is_file()
            )

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert faults == []


def test_the_watch_sees_a_version_that_is_not_whole(tmp_path: Path) -> None:
    put_version(tmp_path, 1)

    def half_written() -> None:
        (tmp_path / "2").mkdir()
        with always_whole(tmp_path):
            threading.Event().wait(0.1)

    with pytest.raises(AssertionError, match=r"2 without saved_model\.pb"):
        half_written()
    shutil.rmtree(tmp_path / "2")
    with always_whole(tmp_path):
        threading.Event().wait(0.1)

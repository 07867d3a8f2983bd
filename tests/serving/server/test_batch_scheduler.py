import threading
import time

import numpy as np
import pytest

from serving.server.batch_scheduler import BatchScheduler, Task
from serving.server.status import StatusError


def task(rows=1, value=0.0):
    return Task(feeds={"x": np.full(rows, value)}, rows=rows, deadline=None)


def echo(batches):
    def run(batch):
        batches.append([each.rows for each in batch.tasks])
        for each in batch.tasks:
            each.succeed([each.feeds["x"]])

    return run


@pytest.fixture
def schedule():
    """Makes schedulers; they stop with the test."""
    made = []

    def make(*, max_rows=4, wait_seconds=60.0, max_batches=2, threads=1):
        scheduler = BatchScheduler(
            max_rows=max_rows, wait_seconds=wait_seconds, max_batches=max_batches, threads=threads
        )
        made.append(scheduler)
        return scheduler

    yield make
    for scheduler in made:
        scheduler.stop()


def test_full_batch_runs_without_waiting(schedule):
    batches, scheduler = [], schedule()
    tasks = [task(rows=2, value=1.0), task(rows=2, value=2.0)]
    for each in tasks:
        scheduler.submit("key", each, echo(batches))
    assert [each.result()[0].tolist() for each in tasks] == [[1.0, 1.0], [2.0, 2.0]]
    assert batches == [[2, 2]]


def test_task_that_does_not_fit_opens_a_batch_and_closes_the_one_before(schedule):
    batches, scheduler = [], schedule()
    first, second = task(rows=3), task(rows=2)
    scheduler.submit("key", first, echo(batches))
    scheduler.submit("key", second, echo(batches))
    first.result()
    assert batches == [[3]]


def test_batch_that_is_not_full_runs_after_the_wait(schedule):
    batches, scheduler = [], schedule(wait_seconds=0.2)
    started, only = time.monotonic(), task()
    scheduler.submit("key", only, echo(batches))
    only.result()
    assert time.monotonic() - started >= 0.2


def test_tasks_of_different_keys_stay_apart(schedule):
    batches, scheduler = [], schedule(wait_seconds=0.05)
    tasks = [task(), task()]
    for key, each in zip("ab", tasks, strict=True):
        scheduler.submit(key, each, echo(batches))
    for each in tasks:
        each.result()
    assert batches == [[1], [1]]


def test_full_queue_is_unavailable(schedule):
    scheduler = schedule(max_rows=1, max_batches=1)
    running, released = threading.Event(), threading.Event()

    def hold(batch):
        running.set()
        released.wait(20)
        echo([])(batch)

    held, queued = task(), task()
    scheduler.submit("key", held, hold)
    assert running.wait(20)
    scheduler.submit("key", queued, hold)
    with pytest.raises(StatusError, match="queue to which this task was submitted is full") as full:
        scheduler.submit("key", task(), hold)
    assert full.value.code.name == "UNAVAILABLE"
    released.set()
    held.result()
    queued.result()


def test_failure_of_a_batch_reaches_each_task_and_the_thread_goes_on(schedule):
    def fail(_batch):
        raise ValueError("no such model")

    scheduler = schedule(max_rows=1)
    broken, sound = task(), task()
    scheduler.submit("key", broken, fail)
    with pytest.raises(StatusError, match="ValueError: no such model"):
        broken.result()
    scheduler.submit("key", sound, echo([]))
    sound.result()


def test_stop_runs_what_is_queued():
    batches = []
    scheduler = BatchScheduler(max_rows=9, wait_seconds=60.0, max_batches=1, threads=1)
    only = task()
    scheduler.submit("key", only, echo(batches))
    scheduler.stop()
    assert batches == [[1]]

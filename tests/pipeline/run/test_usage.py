import subprocess
import sys
import threading
import time
from collections.abc import Callable

from pipeline.run.usage import Usage


def wait_for(sampled: Callable[[], bool]) -> None:
    """Waits until the thread has taken a sample that fits; a test's timeout ends it otherwise."""
    while not sampled():
        threading.Event().wait(0.01)


def test_memory_that_was_freed_again_counts() -> None:
    with Usage() as usage:
        least = usage.peak_rss_mb + 150
        block = bytearray(200_000_000)
        block[::4096] = b"x" * len(block[::4096])
        wait_for(lambda: usage.peak_rss_mb >= least)
        del block
    assert usage.peak_rss_mb >= least


def test_memory_and_processor_time_of_children_count() -> None:
    code = "block = b'x' * 200_000_000; print(sum(range(3 * 10**6)), flush=True); input()"
    before = time.process_time()
    with Usage() as usage:
        least = usage.peak_rss_mb + 150
        child = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        child.stdout.readline()
        wait_for(lambda: usage.peak_rss_mb >= least)
        child.communicate(b"\n")
    own_cpu_seconds = time.process_time() - before
    assert usage.peak_rss_mb >= least
    assert 0 < usage.seconds < 60
    assert usage.cpu_seconds > own_cpu_seconds + 0.02

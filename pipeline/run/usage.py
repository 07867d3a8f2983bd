"""How much time and memory this process and its children use while something runs."""

import os
import threading
import time
from typing import Final, Self

import psutil

_SECONDS_BETWEEN_SAMPLES: Final = 1.0  # a sample asks the system for all its processes
_BYTES_PER_MEGABYTE: Final = 1_000_000


class Usage:
    """Measures what a `with` block uses; memory is sampled from a thread.

    Attributes:
        seconds: Wall time of the block.
        cpu_seconds: Processor time of this process and of the children that ended in the block.
        peak_rss_mb: The highest resident set size sampled so far, children included, in 10^6 bytes.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.cpu_seconds = 0.0
        self.peak_rss_mb = 0
        self._process = psutil.Process()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    def __enter__(self) -> Self:
        self._started, self._cpu_before = time.monotonic(), _cpu_seconds()
        self._sample()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._sample()
        self.seconds = time.monotonic() - self._started
        self.cpu_seconds = _cpu_seconds() - self._cpu_before

    def _watch(self) -> None:
        while not self._stop.wait(_SECONDS_BETWEEN_SAMPLES):
            self._sample()

    def _sample(self) -> None:
        total = self._process.memory_info().rss
        for child in self._process.children(recursive=True):
            try:
                total += child.memory_info().rss
            except psutil.NoSuchProcess:
                continue  # it ended between the two calls
        self.peak_rss_mb = max(self.peak_rss_mb, total // _BYTES_PER_MEGABYTE)


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system

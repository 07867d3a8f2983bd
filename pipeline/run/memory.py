"""How much memory this process and its children take while something runs."""

import threading
from types import TracebackType
from typing import Final, Self

import psutil

_SECONDS_BETWEEN_SAMPLES: Final = 0.2
_BYTES_PER_MEGABYTE: Final = 1_000_000


class PeakMemory:
    """Samples the resident set size from a thread for as long as the block runs.

    Attributes:
        megabytes: the highest sample so far, in units of 10^6 bytes.
    """

    def __init__(self) -> None:
        self.megabytes = 0
        self._process = psutil.Process()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    def __enter__(self) -> Self:
        self._sample()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._sample()

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
        self.megabytes = max(self.megabytes, total // _BYTES_PER_MEGABYTE)

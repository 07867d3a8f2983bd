"""Counts and times requests, in Prometheus's text format.

Names, labels and buckets are those of tensorflow_serving/servables/tensorflow/util.cc.
"""

import bisect
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from serving.server.status import StatusError

_COUNT: Final = ":tensorflow:serving:request_count"
_REQUEST_LATENCY: Final = ":tensorflow:serving:request_latency"
_API: Final = "Predict"
_BUCKETS: Final = tuple(10 * 1.8**power for power in range(33))  # microseconds

_Labels = tuple[tuple[str, str], ...]


@dataclass
class _Histogram:
    counts: list[int] = field(default_factory=lambda: [0] * (len(_BUCKETS) + 1))
    total: float = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect.bisect_left(_BUCKETS, value)] += 1
        self.total += value


class Metrics:
    """The requests answered, and how long they took; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[_Labels, int] = defaultdict(int)
        self._requests_took: dict[_Labels, _Histogram] = defaultdict(_Histogram)

    @contextmanager
    def observed(self, model_name: str, entrypoint: str) -> Iterator[None]:
        """Counts and times the request that the block answers. Entrypoints: `GRPC`, `REST`."""
        started, status = time.perf_counter(), "OK"
        try:
            yield
        except StatusError as error:
            status = error.code.name
            # A name that nobody serves must not make a new series for each misspelling.
            model_name = "" if status == "NOT_FOUND" else model_name
            raise
        finally:
            micros = 1e6 * (time.perf_counter() - started)
            timed = (("model_name", model_name), ("API", _API), ("entrypoint", entrypoint))
            with self._lock:
                self._requests[("model_name", model_name), ("status", status)] += 1
                self._requests_took[timed].add(micros)

    def exposition(self) -> str:
        """Everything, in Prometheus's text format."""
        with self._lock:
            lines = [*_counters(_COUNT, self._requests)]
            lines += _histograms(_REQUEST_LATENCY, self._requests_took)
        return "\n".join(lines) + "\n"


def _counters(name: str, counts: Mapping[_Labels, int]) -> Iterator[str]:
    yield f"# TYPE {name} counter"
    yield from (f"{name}{_text(labels)} {count}" for labels, count in counts.items())


def _histograms(name: str, histograms: Mapping[_Labels, _Histogram]) -> Iterator[str]:
    yield f"# TYPE {name} histogram"
    for labels, histogram in histograms.items():
        cumulated = 0
        for bound, count in zip((*_BUCKETS, float("inf")), histogram.counts, strict=True):
            cumulated += count
            le = "+Inf" if bound == float("inf") else f"{bound:g}"
            yield f"{name}_bucket{_text((*labels, ('le', le)))} {cumulated}"
        yield f"{name}_sum{_text(labels)} {histogram.total:.0f}"
        yield f"{name}_count{_text(labels)} {cumulated}"


def _text(labels: _Labels) -> str:
    escapes: Mapping[int, str] = {ord("\\"): r"\\", ord('"'): r"\"", ord("\n"): r"\n"}
    return "{" + ",".join(f'{name}="{value.translate(escapes)}"' for name, value in labels) + "}"

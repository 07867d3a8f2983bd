"""Counts and times requests, and counts loads, in Prometheus's text format.

Names, labels and buckets are those of tensorflow_serving/servables/tensorflow/util.cc and, for
loads, of tensorflow/cc/saved_model/loader.cc.
"""

import bisect
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Final

from serving.server.status import StatusError

_COUNT: Final = ":tensorflow:serving:request_count"
_LATENCY: Final = ":tensorflow:serving:request_latency"
_LOADS: Final = ":tensorflow:cc:saved_model:load_attempt_count"
_BOUNDS: Final = tuple(10 * 1.8**power for power in range(33))  # microseconds
_BOUND_TEXTS: Final = (*(f"{bound:g}" for bound in _BOUNDS), "+Inf")

_Labels = tuple[tuple[str, str], ...]


class Metrics:
    """The requests answered, how long they took, the versions loaded; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[_Labels] = Counter()
        self._loads: Counter[_Labels] = Counter()
        self._micros: dict[_Labels, float] = defaultdict(float)
        self._in_bucket: dict[_Labels, list[int]] = defaultdict(lambda: [0] * len(_BOUND_TEXTS))

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
            timed = (("model_name", model_name), ("API", "Predict"), ("entrypoint", entrypoint))
            with self._lock:
                self._requests[("model_name", model_name), ("status", status)] += 1
                self._micros[timed] += micros
                self._in_bucket[timed][bisect.bisect_left(_BOUNDS, micros)] += 1

    @contextmanager
    def load_attempt(self, path: Path) -> Iterator[None]:
        """Counts the load of the SavedModel in a version's folder, which the block does."""
        status = "fail"
        try:
            yield
            status = "success"
        finally:
            with self._lock:
                self._loads[("model_path", str(path)), ("status", status)] += 1

    def exposition(self) -> str:
        """Everything, in Prometheus's text format."""
        with self._lock:
            lines = [f"# TYPE {_LOADS} counter"]
            lines += [f"{_LOADS}{_text(labels)} {n}" for labels, n in self._loads.items()]
            lines += [f"# TYPE {_COUNT} counter"]
            lines += [f"{_COUNT}{_text(labels)} {n}" for labels, n in self._requests.items()]
            lines += [f"# TYPE {_LATENCY} histogram"]
            for labels, counts in self._in_bucket.items():
                for bound, count in zip(_BOUND_TEXTS, accumulate(counts), strict=True):
                    lines.append(f"{_LATENCY}_bucket{_text((*labels, ('le', bound)))} {count}")
                lines.append(f"{_LATENCY}_sum{_text(labels)} {self._micros[labels]:.0f}")
                lines.append(f"{_LATENCY}_count{_text(labels)} {sum(counts)}")
        return "\n".join(lines) + "\n"


def _text(labels: _Labels) -> str:
    escapes: Mapping[int, str] = {ord("\\"): r"\\", ord('"'): r"\"", ord("\n"): r"\n"}
    return "{" + ",".join(f'{name}="{value.translate(escapes)}"' for name, value in labels) + "}"

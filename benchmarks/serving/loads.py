"""Clients that send requests in a closed or an open loop, and their measurements."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import grpc
import numpy as np
import psutil

HEADER: Final = (
    "what                        load       QPS     p50     p95     p99 failed   CPU %      MB"
)
_METHOD: Final = "/tensorflow.serving.PredictionService/Predict"
_WARM_UP_CALLS: Final = 20

Call = Callable[[], Any]


@dataclass(frozen=True, kw_only=True)
class Result:
    """One line of the table; times in milliseconds, processor in percent of one core."""

    what: str
    load: str
    qps: float
    p50: float
    p95: float
    p99: float
    failed: int
    cpu: float
    memory_mb: float


def closed_loop(what: str, calls: list[Call], seconds: float, process: psutil.Process) -> Result:
    """Measures clients that each send the next request when the last one is answered."""
    for _ in range(_WARM_UP_CALLS):
        calls[0]()
    process.cpu_percent()  # begins to measure
    started = time.perf_counter()

    def ask(call: Call) -> tuple[list[float], int]:
        latencies, failed = [], 0
        while (begun := time.perf_counter()) - started < seconds:
            try:
                call()
                latencies.append(time.perf_counter() - begun)
            except grpc.RpcError:
                failed += 1
        return latencies, failed

    with ThreadPoolExecutor(len(calls)) as clients:
        outcomes = list(clients.map(ask, calls))
    latencies = [latency for some, _ in outcomes for latency in some]
    failed = sum(count for _, count in outcomes)
    return _result(what, f"{len(calls)} cl", latencies, failed, started, process)


def open_loop(
    what: str, target: str, request: bytes, rate: float, seconds: float, process: psutil.Process
) -> Result:
    """Measures requests that arrive by a Poisson process, answered or not."""
    gaps, lock = random.Random(2), threading.Lock()  # noqa: S311
    latencies: list[float] = []
    failures: list[grpc.StatusCode] = []

    def note(due: float, answer: Any) -> None:
        finished, code = time.perf_counter(), answer.code()
        with lock:
            if code is grpc.StatusCode.OK:
                latencies.append(finished - due)
            else:
                failures.append(code)

    process.cpu_percent()  # begins to measure
    with grpc.insecure_channel(target) as channel:
        method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_METHOD)
        started = due = time.perf_counter()
        pending = []
        while due - started < seconds:
            time.sleep(max(0.0, due - time.perf_counter()))
            answer = method.future(request, timeout=30)
            answer.add_done_callback(partial(note, due))
            pending.append(answer)
            due += gaps.expovariate(rate)
        for answer in pending:
            answer.exception()
        while len(latencies) + len(failures) < len(pending):
            time.sleep(0.001)  # callbacks run a moment after the answer is there
    return _result(what, f"{rate:g}/s", latencies, len(failures), started, process)


def _result(
    what: str,
    load: str,
    latencies: list[float],
    failed: int,
    started: float,
    process: psutil.Process,
) -> Result:
    seconds = time.perf_counter() - started
    p50, p95, p99 = 1000 * np.percentile(latencies or [float("nan")], [50, 95, 99])
    return Result(
        what=what,
        load=load,
        qps=len(latencies) / seconds,
        p50=float(p50),
        p95=float(p95),
        p99=float(p99),
        failed=failed,
        cpu=process.cpu_percent(),  # since the measurement began
        memory_mb=process.memory_info().rss / 1e6,
    )


@contextmanager
def calls_to(target: str, request: bytes, clients: int) -> Iterator[list[Call]]:
    """One call for each client, on a connection of its own; bytes in, bytes out."""
    with ExitStack() as channels:
        calls: list[Call] = []
        for number in range(clients):
            options = [("grpc.use_local_subchannel_pool", 1), ("benchmark.client", number)]
            channel = channels.enter_context(grpc.insecure_channel(target, options=options))
            method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_METHOD)
            calls.append(partial(method, request, timeout=30))
        yield calls


def print_line(result: Result) -> None:
    """Prints one line of the table."""
    print(
        f"{result.what:<24} {result.load:>7} {result.qps:>9.1f} {result.p50:>7.2f} "
        f"{result.p95:>7.2f} {result.p99:>7.2f} {result.failed:>6} {result.cpu:>7.0f} "
        f"{result.memory_mb:>7.0f}",
        flush=True,
    )

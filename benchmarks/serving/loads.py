"""Clients that send requests in a closed or an open loop, and their measurements."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
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

    def __str__(self) -> str:
        return (
            f"{self.what:<24} {self.load:>7} {self.qps:>9.1f} {self.p50:>7.2f} {self.p95:>7.2f} "
            f"{self.p99:>7.2f} {self.failed:>6} {self.cpu:>7.0f} {self.memory_mb:>7.0f}"
        )


def closed_loop(
    what: str, target: str, request: bytes, clients: int, seconds: float, process: psutil.Process
) -> Result:
    """Measures clients that each send the next request when the last one is answered."""
    latencies: list[float] = []
    failures: list[grpc.StatusCode] = []

    def ask(method: "grpc.UnaryUnaryMultiCallable[bytes, bytes]") -> None:
        while (begun := time.perf_counter()) - started < seconds:
            try:
                method(request, timeout=30)
                latencies.append(time.perf_counter() - begun)
            except grpc.RpcError as error:
                failures.append(error.code())

    with ExitStack() as opened, ThreadPoolExecutor(clients) as threads:
        own_connection = [("grpc.use_local_subchannel_pool", 1)]
        methods: list[grpc.UnaryUnaryMultiCallable[bytes, bytes]] = []
        for _ in range(clients):
            channel = grpc.insecure_channel(target, options=own_connection)
            methods.append(opened.enter_context(channel).unary_unary(_METHOD))
        for _ in range(_WARM_UP_CALLS):
            methods[0](request, timeout=30)
        process.cpu_percent()  # begins to measure
        started = time.perf_counter()
        list(threads.map(ask, methods))
    return _result(what, f"{clients} cl", latencies, len(failures), started, process)


def open_loop(
    what: str, target: str, request: bytes, rate: float, seconds: float, process: psutil.Process
) -> Result:
    """Measures requests that arrive by a Poisson process, answered or not."""
    gaps = random.Random(2)  # noqa: S311
    latencies: list[float] = []
    failures: list[grpc.StatusCode] = []

    def note(due: float, answer: Any) -> None:
        finished, code = time.perf_counter(), answer.code()
        if code is grpc.StatusCode.OK:
            latencies.append(finished - due)
        else:
            failures.append(code)

    process.cpu_percent()  # begins to measure
    with grpc.insecure_channel(target) as channel:
        method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_METHOD)
        started = due = time.perf_counter()
        sent = []
        while due - started < seconds:
            time.sleep(max(0.0, due - time.perf_counter()))
            sent.append(method.future(request, timeout=30))
            sent[-1].add_done_callback(partial(note, due))
            due += gaps.expovariate(rate)
        while len(latencies) + len(failures) < len(sent):
            time.sleep(0.001)
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

"""How fast the embedded server answers.

    python -m benchmarks.serving --model_base_path output/serving_model/movielens

In a closed loop each client sends its next request once the last one is answered. In an open loop
requests arrive at random at a given rate, and their time counts from when they were due. Clients
and server are processes of their own on the same machine.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import grpc
import numpy as np
import psutil

from serving.client import DEFAULT_MODEL_NAME, RatedMovie, messages
from serving.client.catalogue import Catalogue, newest_catalogue
from serving.contract import RATE, RECOMMEND, SIMILAR
from serving.protos import model_pb2, predict_pb2
from serving.server_process import ServerProcess
from serving.tensors import encode

_HISTORY: Final = 20
_CANDIDATES: Final = 100
_COUNT: Final = 10
_HEADER: Final = (
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


def main() -> int:
    """Measures every signature and prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    base_path = Path("output") / "serving_model" / DEFAULT_MODEL_NAME
    add("--model_base_path", type=Path, default=base_path, help="default %(default)s")
    add("--signatures", nargs="+", default=[RECOMMEND, RATE, SIMILAR])
    add("--clients", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64], help="closed loop")
    add("--rates", type=float, nargs="*", default=[50, 100], help="open loop, requests a second")
    add("--seconds", type=float, default=5.0, help="time for each line")
    print(_HEADER)
    for result in measure(parser.parse_args()):
        print(result, flush=True)
    return 0


def measure(args: argparse.Namespace) -> Iterator[Result]:
    """Yields one result after another."""
    requests = {name: request_of(name, args.model_base_path) for name in args.signatures}
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(
            args.model_base_path,
            model_name=DEFAULT_MODEL_NAME,
            log_path=Path(folder) / "server.log",
        ) as server,
    ):
        process = psutil.Process(server.process_id)
        for name, request in requests.items():
            for clients in args.clients:
                yield closed_loop(name, server.target, request, clients, args.seconds, process)
            for rate in args.rates:
                yield open_loop(name, server.target, request, rate, args.seconds, process)


def request_of(signature_name: str, model_base_path: Path) -> bytes:
    """A serialized request of one user, drawn from the model's catalogue, always the same."""
    path = newest_catalogue(model_base_path)
    if path is None:
        raise SystemExit(f"No pushed model in {model_base_path}: name another --model_base_path.")
    movie_ids = [movie.movie_id for movie in Catalogue.read(path)]
    drawn = random.Random(1).sample(movie_ids, min(_HISTORY + _CANDIDATES, len(movie_ids)))  # noqa: S311
    history = [[RatedMovie(movie_id=i, rating=4.0) for i in drawn[:_HISTORY]]]
    inputs = {
        RECOMMEND: lambda: messages.recommend_inputs(history, k=_COUNT, exclude=None),
        RATE: lambda: messages.rate_inputs(history, [drawn[_HISTORY:]]),
        SIMILAR: lambda: messages.similar_inputs(drawn[:1], k=_COUNT),
    }[signature_name]()
    request = predict_pb2.PredictRequest(
        model_spec=model_pb2.ModelSpec(name=DEFAULT_MODEL_NAME, signature_name=signature_name),
        inputs={name: encode(array) for name, array in inputs.items()},
    )
    return bytes(request.SerializeToString())


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


if __name__ == "__main__":
    sys.exit(main())

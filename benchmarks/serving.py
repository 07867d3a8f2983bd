"""How fast the embedded server answers, next to what it is made of.

    python -m benchmarks.serving --model_base_path output/serving_model/movielens

By `-m`, since a script named `serving` would hide the package of that name.

Closed loop: so many clients, each asking anew once it is answered. Open loop: requests that arrive
at random at a given rate whether or not the last one is answered; their time counts from when they
were due. Clients and server share the machine, as processes of their own. Beside the server stand
    in-process  the same request to the same SavedModel through the C API, without gRPC
    echo        a gRPC server of the same library that answers at once with the same bytes
    numpy       one product of a user with 9,125 movies in 64 dimensions, and the ten best of it
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import psutil

from serving import messages
from serving.answers import RatedMovie
from serving.catalogue import Catalogue, newest_catalogue
from serving.client import DEFAULT_MODEL_NAME
from serving.connection import ModelAddress
from serving.server_process import ServerProcess

METHOD = "/tensorflow.serving.PredictionService/Predict"
ECHO_FLAG = "--echo"  # makes the program the bare server, in a child process
HISTORY = 20
CANDIDATES = 100
COUNT = 10
WARM_UP_CALLS = 20
DIMENSIONS = 64

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
    cpu: float | None = None
    memory_mb: float | None = None


def main() -> int:
    """Measures every signature, prints a table and, where asked, writes JSON."""
    args = parse_arguments()
    if args.echo is not None:
        return run_echo_server(args.echo)
    print("what                      load       QPS     p50     p95     p99 failed   CPU %      MB")
    results = []
    for result in measure(args):
        results.append(result)
        print_line(result)
    if args.json:
        text = json.dumps([asdict(result) for result in results], indent=2)
        args.json.write_text(text + "\n", encoding="utf-8")
    return 0


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    base_path = Path("output") / "serving_model" / DEFAULT_MODEL_NAME
    add("--model_base_path", type=Path, default=base_path, help="default %(default)s")
    add("--signatures", nargs="+", default=["recommend", "rate", "similar"])
    add("--clients", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64], help="closed loop")
    add("--rates", type=float, nargs="*", default=[50, 100], help="open loop, requests a second")
    add("--seconds", type=float, default=5.0, help="time for each line")
    add(
        "--server_flags",
        nargs="*",
        action="extend",
        default=[],
        help="further flags of the server, such as --server_flags=--enable_batching=true",
    )
    add("--json", type=Path, help="also write the figures to this file")
    add(ECHO_FLAG, type=int, metavar="BYTES", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(args: argparse.Namespace) -> Iterator[Result]:
    """Yields one result after another."""
    requests = {name: request_of(name, args.model_base_path) for name in args.signatures}
    yield closed_loop("numpy", [ranking_by_numpy()], args.seconds)
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(
            args.model_base_path,
            model_name=DEFAULT_MODEL_NAME,
            log_path=Path(folder) / "server.log",
            flags=args.server_flags,
        )
        with server:
            process = psutil.Process(server.process_id)
            answers = {name: ask_once(server.target, r) for name, r in requests.items()}
            for name, request in requests.items():
                yield from measure_server(name, server.target, process, request, args)
    for name, request in requests.items():
        with echo_server(len(answers[name])) as (target, process):
            for clients in sorted({1, max(args.clients)}):
                with calls_to(target, request, clients) as calls:
                    yield closed_loop(f"{name} echo", calls, args.seconds, process)
    for name, request in requests.items():
        call = call_in_process(args.model_base_path, request)
        yield closed_loop(f"{name} in-process", [call], args.seconds)


def measure_server(
    name: str, target: str, process: psutil.Process, request: bytes, args: argparse.Namespace
) -> Iterator[Result]:
    """Yields the results of one signature of the server."""
    for clients in args.clients:
        with calls_to(target, request, clients) as calls:
            yield closed_loop(name, calls, args.seconds, process)
    for rate in args.rates:
        yield open_loop(name, target, request, rate, args.seconds, process)


def request_of(signature_name: str, model_base_path: Path) -> bytes:
    """A serialized request of one user, drawn from the model's catalogue, always the same."""
    path = newest_catalogue(model_base_path)
    if path is None:
        raise SystemExit(f"No pushed model in {model_base_path}: name another --model_base_path.")
    movie_ids = [movie.movie_id for movie in Catalogue.read(path)]
    drawn = random.Random(1).sample(movie_ids, min(HISTORY + CANDIDATES, len(movie_ids)))  # noqa: S311
    history = [[RatedMovie(movie_id=i, rating=4.0) for i in drawn[:HISTORY]]]
    inputs = {
        "recommend": lambda: messages.recommend_inputs(history, k=COUNT, exclude=None),
        "rate": lambda: messages.rate_inputs(history, [drawn[HISTORY:]]),
        "similar": lambda: messages.similar_inputs(drawn[:1], k=COUNT),
    }[signature_name]()
    address = ModelAddress(
        "unused", model_name=DEFAULT_MODEL_NAME, version=None, timeout=1.0, retry=None
    )
    return bytes(address.predict_request(signature_name, inputs).SerializeToString())


def closed_loop(
    what: str, calls: list[Call], seconds: float, process: psutil.Process | None = None
) -> Result:
    """Every client calls again and again."""
    for _ in range(WARM_UP_CALLS):
        calls[0]()
    usage, started = Usage(process), time.perf_counter()

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
    return summary(what, f"{len(calls)} cl", latencies, failed, started, usage)


def open_loop(
    what: str, target: str, request: bytes, rate: float, seconds: float, process: psutil.Process
) -> Result:
    """Requests arrive by a Poisson process, whether or not the last one is answered."""
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

    usage = Usage(process)
    with grpc.insecure_channel(target) as channel:
        method = channel.unary_unary(METHOD)
        started = due = time.perf_counter()
        pending = []
        while due - started < seconds:
            time.sleep(max(0.0, due - time.perf_counter()))
            answer = method.future(request, timeout=30)
            answer.add_done_callback(lambda done, due=due: note(due, done))
            pending.append(answer)
            due += gaps.expovariate(rate)
        for answer in pending:
            answer.exception()
        while len(latencies) + len(failures) < len(pending):
            time.sleep(0.001)  # callbacks run a moment after the answer is there
    return summary(what, f"{rate:g}/s", latencies, len(failures), started, usage)


class Usage:
    """What a process takes of the machine from now on."""

    def __init__(self, process: psutil.Process | None) -> None:
        self._process = process
        self._before = self._cpu_seconds()

    def _cpu_seconds(self) -> float:
        if self._process is None:
            return 0.0
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def since(self, seconds: float) -> tuple[float | None, float | None]:
        """Percent of one core, and resident megabytes; None without a process."""
        if self._process is None:
            return None, None
        cpu = 100 * (self._cpu_seconds() - self._before) / seconds
        return cpu, self._process.memory_info().rss / 1e6


def summary(
    what: str, load: str, latencies: list[float], failed: int, started: float, usage: Usage
) -> Result:
    """Quantiles and rates of what was measured."""
    seconds = time.perf_counter() - started
    cpu, memory = usage.since(seconds)
    p50, p95, p99 = 1000 * np.percentile(latencies or [float("nan")], [50, 95, 99])
    return Result(
        what=what,
        load=load,
        qps=len(latencies) / seconds,
        p50=float(p50),
        p95=float(p95),
        p99=float(p99),
        failed=failed,
        cpu=cpu,
        memory_mb=memory,
    )


def ranking_by_numpy() -> Call:
    """A call that ranks the catalogue by one matrix product."""
    generator = np.random.default_rng(3)
    movies = generator.random((9125, DIMENSIONS), dtype=np.float32)
    user = generator.random(DIMENSIONS, dtype=np.float32)
    return lambda: np.argpartition(-(movies @ user), COUNT)[:COUNT]


def call_in_process(model_base_path: Path, request: bytes) -> Call:
    """A call of the newest version's SavedModel, in this process."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from serving.protos import predict_pb2
    from serving.server.predict import predict
    from serving.server.saved_model import SavedModel

    newest = max(int(path.name) for path in model_base_path.iterdir() if path.name.isdecimal())
    model = SavedModel(model_base_path / str(newest))
    parsed = predict_pb2.PredictRequest.FromString(request)
    return lambda: predict(model, newest, parsed, None)


def ask_once(target: str, request: bytes) -> bytes:
    """The bytes of the server's answer."""
    with grpc.insecure_channel(target) as channel:
        return bytes(channel.unary_unary(METHOD)(request, timeout=30))


@contextmanager
def calls_to(target: str, request: bytes, clients: int) -> Iterator[list[Call]]:
    """One call for each client, on a connection of its own; bytes in, bytes out."""
    with ExitStack() as channels:
        calls = []
        for number in range(clients):
            options = [("grpc.use_local_subchannel_pool", 1), ("benchmark.client", number)]
            channel = channels.enter_context(grpc.insecure_channel(target, options=options))
            method = channel.unary_unary(METHOD)
            calls.append(lambda method=method: method(request, timeout=30))
        yield calls


@contextmanager
def echo_server(answer_bytes: int) -> Iterator[tuple[str, psutil.Process]]:
    """The bare server in a process of its own: its target, and the process."""
    command = [sys.executable, "-m", "benchmarks.serving", f"{ECHO_FLAG}={answer_bytes}"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        if process.stdout is None:
            raise RuntimeError("The output of the bare server is not piped.")
        yield f"localhost:{int(process.stdout.readline())}", psutil.Process(process.pid)
        process.communicate()  # closes its input, upon which it ends


def run_echo_server(answer_bytes: int) -> int:
    """Answers every request with as many bytes, until standard input ends."""
    answer = bytes(answer_bytes)
    handler = grpc.unary_unary_rpc_method_handler(lambda _request, _context: answer)
    service, _, method = METHOD.removeprefix("/").partition("/")
    with ThreadPoolExecutor(4 * (os.cpu_count() or 1)) as threads:
        server = grpc.server(threads)
        generic = grpc.method_handlers_generic_handler(service, {method: handler})
        server.add_generic_rpc_handlers((generic,))
        print(server.add_insecure_port("localhost:0"), flush=True)
        server.start()
        sys.stdin.read()
        server.stop(None).wait()
    return 0


def print_line(result: Result) -> None:
    """Prints one line of the table."""
    cpu = "-" if result.cpu is None else f"{result.cpu:.0f}"
    memory = "-" if result.memory_mb is None else f"{result.memory_mb:.0f}"
    print(
        f"{result.what:<22} {result.load:>7} {result.qps:>9.1f} {result.p50:>7.2f} "
        f"{result.p95:>7.2f} {result.p99:>7.2f} {result.failed:>6} {cpu:>7} {memory:>7}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())

"""How fast the embedded server answers, next to what it is made of and what it might have been.

    python -m benchmarks.serving --model_base_path output/serving_model/movielens

Closed loop: so many clients, each asking anew once it is answered. Open loop: requests that arrive
at random at a given rate whether or not the last one is answered; their time counts from when they
were due. Clients and server share the machine, as processes of their own. Beside the server stand
    in-process  the same request to the same SavedModel through the C API, without gRPC
    echo        a gRPC server of the same library that answers at once with as many bytes
    numpy       one product of a user with 9,125 movies in 64 dimensions, and the ten best of it
and with --designs bare servers of the first signature:
    threads, C session       what ours is built on
    asyncio, C session       grpc.aio in place of a pool of threads
    threads, tf.saved_model  TensorFlow's Python in place of its C API
    processes, one port      a bare server for each processor, by SO_REUSEPORT
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import psutil

from benchmarks.serving import bare_server, loads
from benchmarks.serving.loads import Call, Result, calls_to, closed_loop, open_loop
from benchmarks.serving.requests import COUNT, request_of
from serving.client import DEFAULT_MODEL_NAME
from serving.server_process import ServerProcess

_DIMENSIONS: Final = 64


def main() -> int:
    """Measures every signature, prints a table and, where asked, writes JSON."""
    args = parse_arguments()
    print(loads.HEADER)
    results = []
    for result in measure(args):
        results.append(result)
        loads.print_line(result)
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
    add("--designs", action="store_true", help="also measure other designs of a server")
    add(
        "--server_flags",
        nargs="*",
        action="extend",
        default=[],
        help="further flags of the server, such as --server_flags=--enable_batching=true",
    )
    add("--json", type=Path, help="also write the figures to this file")
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
            answers = {name: loads.ask_once(server.target, r) for name, r in requests.items()}
            for name, request in requests.items():
                yield from measure_server(name, server.target, process, request, args)
    for name, request in requests.items():
        with bare_server.running([f"--bytes={len(answers[name])}"]) as (target, processes):
            for clients in sorted({1, max(args.clients)}):
                with calls_to(target, request, clients) as calls:
                    yield closed_loop(f"{name} echo", calls, args.seconds, processes)
    for name, request in requests.items():
        call = call_in_process(args.model_base_path, request)
        yield closed_loop(f"{name} in-process", [call], args.seconds)
    if args.designs:
        yield from measure_designs(args)


def measure_server(
    name: str, target: str, process: psutil.Process, request: bytes, args: argparse.Namespace
) -> Iterator[Result]:
    """Yields the results of one signature of the server."""
    for clients in args.clients:
        with calls_to(target, request, clients) as calls:
            yield closed_loop(name, calls, args.seconds, [process])
    for rate in args.rates:
        yield open_loop(name, target, request, rate, args.seconds, process)


def measure_designs(args: argparse.Namespace) -> Iterator[Result]:
    """Yields the results of the first signature on bare servers of other designs."""
    request = request_of(args.signatures[0], args.model_base_path)
    processors = psutil.cpu_count() or 1
    designs = {
        "threads, C session": (("threads", "session"), 1),
        "asyncio, C session": (("asyncio", "session"), 1),
        "threads, tf.saved_model": (("threads", "tensorflow"), 1),
        f"{processors} processes, one port": (("threads", "session"), processors),
    }
    for name, ((transport, answer), processes) in designs.items():
        arguments = [
            *(f"--transport={transport}", f"--answer={answer}"),
            f"--model_base_path={args.model_base_path}",
        ]
        with bare_server.running(arguments, processes) as (target, running):
            for clients in args.clients:
                with calls_to(target, request, clients) as calls:
                    yield closed_loop(name, calls, args.seconds, running)


def ranking_by_numpy() -> Call:
    """A call that ranks the catalogue by one matrix product."""
    generator = np.random.default_rng(3)
    movies = generator.random((9125, _DIMENSIONS), dtype=np.float32)
    user = generator.random(_DIMENSIONS, dtype=np.float32)
    return lambda: np.argpartition(-(movies @ user), COUNT)[:COUNT]


def call_in_process(model_base_path: Path, request: bytes) -> Call:
    """A call of the newest version's SavedModel, in this process."""
    return partial(bare_server.session_answer(model_base_path), request)


if __name__ == "__main__":
    sys.exit(main())

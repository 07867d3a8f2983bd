"""How fast the embedded server answers.

    python -m benchmarks.serving --model_base_path output/serving_model/movielens

In a closed loop each client sends its next request once the last one is answered. In an open loop
requests arrive at random at a given rate, and their time counts from when they were due. Clients
and server are processes of their own on the same machine.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import psutil

from benchmarks.serving import loads
from benchmarks.serving.loads import Result, calls_to, closed_loop, open_loop
from benchmarks.serving.requests import request_of
from serving.client import DEFAULT_MODEL_NAME
from serving.contract import RATE, RECOMMEND, SIMILAR
from serving.server_process import ServerProcess


def main() -> int:
    """Measures every signature, prints a table and, with `--json`, writes a file."""
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
    add("--signatures", nargs="+", default=[RECOMMEND, RATE, SIMILAR])
    add("--clients", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64], help="closed loop")
    add("--rates", type=float, nargs="*", default=[50, 100], help="open loop, requests a second")
    add("--seconds", type=float, default=5.0, help="time for each line")
    add(
        "--server_flags",
        nargs="*",
        action="extend",
        default=[],
        help="further flags of the server, such as --server_flags=--grpc_max_threads=64",
    )
    add("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def measure(args: argparse.Namespace) -> Iterator[Result]:
    """Yields one result after another."""
    requests = {name: request_of(name, args.model_base_path) for name in args.signatures}
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(
            args.model_base_path,
            model_name=DEFAULT_MODEL_NAME,
            log_path=Path(folder) / "server.log",
            flags=args.server_flags,
        )
        with server:
            process = psutil.Process(server.process_id)
            for name, request in requests.items():
                yield from measure_signature(name, server.target, process, request, args)


def measure_signature(
    name: str, target: str, process: psutil.Process, request: bytes, args: argparse.Namespace
) -> Iterator[Result]:
    """Yields the results of one signature."""
    for clients in args.clients:
        with calls_to(target, request, clients) as calls:
            yield closed_loop(name, calls, args.seconds, process)
    for rate in args.rates:
        yield open_loop(name, target, request, rate, args.seconds, process)


if __name__ == "__main__":
    sys.exit(main())

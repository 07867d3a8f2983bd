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
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

from benchmarks.serving.loads import HEADER, Result, closed_loop, open_loop
from serving.client import DEFAULT_MODEL_NAME, RatedMovie, messages
from serving.client.catalogue import Catalogue, newest_catalogue
from serving.contract import RATE, RECOMMEND, SIMILAR
from serving.protos import model_pb2, predict_pb2
from serving.server_process import ServerProcess
from serving.tensors import encode

_HISTORY: Final = 20
_CANDIDATES: Final = 100
_COUNT: Final = 10


def main() -> int:
    """Measures every signature and prints a table."""
    print(HEADER)
    for result in measure(parse_arguments()):
        print(result, flush=True)
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
    return parser.parse_args()


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


if __name__ == "__main__":
    sys.exit(main())

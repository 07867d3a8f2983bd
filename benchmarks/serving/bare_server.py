"""Servers with nothing but one method, built as ours is not: what else a server might have been.

    python -m benchmarks.serving.bare_server --transport=asyncio --answer=echo --bytes=500

Prints its port and serves until its standard input ends. `running` starts some in processes of
their own.
"""

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import grpc
import psutil

from benchmarks.serving.loads import METHOD
from serving.server.versions import ModelSource

Answer = Callable[[bytes], bytes]

_OPTIONS: Final = (("grpc.so_reuseport", 1),)  # processes may share a port
_THREADS: Final = 4 * (os.cpu_count() or 1)


@contextmanager
def running(
    arguments: Sequence[str], processes: int = 1
) -> Iterator[tuple[str, list[psutil.Process]]]:
    """Starts servers that share a port.

    Args:
        arguments: of this program.
        processes: how many.

    Yields:
        Their target, and the processes.
    """
    with ExitStack() as started:
        port, children = 0, []
        for _ in range(processes):
            port, child = started.enter_context(_child([*arguments, f"--port={port}"]))
            children.append(child)
        yield f"localhost:{port}", children


@contextmanager
def _child(arguments: Sequence[str]) -> Iterator[tuple[int, psutil.Process]]:
    command = [sys.executable, "-m", "benchmarks.serving.bare_server", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        if process.stdout is None:
            raise RuntimeError("The output of the bare server is not piped.")
        yield int(process.stdout.readline()), psutil.Process(process.pid)
        process.communicate()  # closes its input, upon which it ends


def session_answer(model_base_path: Path) -> Answer:
    """Predict by TensorFlow's C API, on the newest version, as our server does."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from serving.protos import predict_pb2
    from serving.server.predict import predict
    from serving.server.saved_model import SavedModel

    newest = newest_version(model_base_path)
    model, version = SavedModel(newest), int(newest.name)

    def answer(content: bytes) -> bytes:
        request = predict_pb2.PredictRequest.FromString(content)
        return bytes(predict(model, version, request, None).SerializeToString())

    return answer


def tensorflow_answer(model_base_path: Path) -> Answer:
    """Predict by TensorFlow's Python."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    from serving.protos import predict_pb2
    from serving.tensors import decode, encode_typed

    signatures: Any = tf.saved_model.load(str(newest_version(model_base_path))).signatures

    def answer(content: bytes) -> bytes:
        request = predict_pb2.PredictRequest.FromString(content)
        inputs = {name: tf.constant(decode(proto)) for name, proto in request.inputs.items()}
        outputs = signatures[request.model_spec.signature_name](**inputs)
        typed = {name: encode_typed(tensor.numpy()) for name, tensor in outputs.items()}
        return bytes(predict_pb2.PredictResponse(outputs=typed).SerializeToString())

    return answer


def newest_version(model_base_path: Path) -> Path:
    """The folder of the highest version."""
    (newest,) = ModelSource(name="movielens", base_path=model_base_path).scan().values()
    return newest


def serve_by_threads(answer: Answer, port: int) -> None:
    """Each request in a thread of a pool."""
    with ThreadPoolExecutor(_THREADS) as threads:
        server = grpc.server(threads, options=_OPTIONS)
        server.add_generic_rpc_handlers((_handler(lambda request, _context: answer(request)),))
        print(server.add_insecure_port(f"localhost:{port}"), flush=True)
        server.start()
        sys.stdin.read()
        server.stop(None).wait()


async def serve_by_asyncio(answer: Answer, port: int) -> None:
    """Requests on one event loop; what computes, in threads of a pool."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(_THREADS) as threads:

        async def respond(request: bytes, _context: Any) -> bytes:
            return await loop.run_in_executor(threads, answer, request)

        server = grpc.aio.server(options=_OPTIONS)
        server.add_generic_rpc_handlers((_handler(respond),))
        print(server.add_insecure_port(f"localhost:{port}"), flush=True)
        await server.start()
        await loop.run_in_executor(None, sys.stdin.read)
        await server.stop(None)


def _handler(respond: Callable[[bytes, Any], Any]) -> grpc.GenericRpcHandler:
    service, _, method = METHOD.removeprefix("/").partition("/")
    handlers = {method: grpc.unary_unary_rpc_method_handler(respond)}
    return grpc.method_handlers_generic_handler(service, handlers)


def main() -> None:
    """Serves as the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--transport", choices=("threads", "asyncio"), default="threads")
    parser.add_argument("--answer", choices=("echo", "session", "tensorflow"), default="echo")
    parser.add_argument("--bytes", type=int, default=0, help="length of what echo answers")
    parser.add_argument("--model_base_path", type=Path, default=Path())
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()
    echoed = bytes(args.bytes)
    answers: dict[str, Callable[[], Answer]] = {
        "echo": lambda: lambda _request: echoed,
        "session": lambda: session_answer(args.model_base_path),
        "tensorflow": lambda: tensorflow_answer(args.model_base_path),
    }
    answer = answers[args.answer]()
    if args.transport == "asyncio":
        asyncio.run(serve_by_asyncio(answer, args.port))
    else:
        serve_by_threads(answer, args.port)


if __name__ == "__main__":
    main()

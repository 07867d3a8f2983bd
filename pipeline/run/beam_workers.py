"""A pool of Python workers for an engine that runs Beam's jobs, such as Flink or Spark.

Beam's own pool starts whatever `python` is first on the PATH, and such a worker loads TensorFlow
anew for each job and lacks what `import tfx` puts in place of parts that the wheels of TFX leave
out. Here every worker is forked from one process that has imported everything.
"""

import contextlib
import hashlib
import importlib
import logging
import multiprocessing
import platform
from collections.abc import Mapping, Sequence
from concurrent import futures
from importlib import metadata
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Final

import grpc
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc

from pipeline.fingerprint import PROJECT_ROOT

# What the nodes on Beam import. `tfx` comes first: it replaces a module that TFX's wheels lack.
_PRELOADED: Final = (
    "tfx",
    "apache_beam.runners.worker.sdk_worker",
    "components.evaluator.tfma_metric",
    "components.movielens_example_gen.executor",
    "components.serving_log_gen.executor",
    "tensorflow_data_validation",
    "tensorflow_model_analysis",
    "tfx.components.transform.executor",
    "transform_module.preprocessing",
)
_LIBRARIES: Final = ("apache-beam", "numpy", "tensorflow", "tfx")
_PACKAGES: Final = ("components", "movielens", "serving", "transform_module")
# How the refusal of a worker starts, by which the run finds it in what the engine reports.
REFUSED: Final = "no Python worker: "
_STOP_SECONDS: Final = 10.0


def versions() -> dict[str, str]:
    """Returns what has to be the same for a run and for its workers, by name."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((PROJECT_ROOT / package).rglob("*.py")):
            digest.update(f"{path.relative_to(PROJECT_ROOT)}\0".encode())
            digest.update(path.read_bytes())
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{name: metadata.version(name) for name in _LIBRARIES},
        "movielens": digest.hexdigest()[:16],
    }


def differences(wanted: Mapping[str, str], here: Mapping[str, str]) -> str:
    """Says which versions of a run are others here; empty if none.

    >>> differences({"python": "3.11", "tfx": "1.21.0"}, {"python": "3.12", "tfx": "1.21.0"})
    'python 3.11 of the run is 3.12 here'
    """
    return ", ".join(
        f"{name} {version} of the run is {here[name]} here"
        for name, version in wanted.items()
        if name in here and here[name] != version
    )


class WorkerPool(contextlib.ExitStack, beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):
    """Starts and stops workers when an engine asks for it, until the `with` block ends."""

    def __init__(self, address: str, preloaded: Sequence[str] = _PRELOADED) -> None:
        """Loads the modules that workers need, and listens.

        Raises:
            RuntimeError: The libraries cannot be loaded, or the address cannot be listened on.
        """
        super().__init__()
        self._workers: dict[str, ForkServerProcess] = {}
        self._versions = versions()
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preloaded))
        # The fork server hides an import that fails, so a first worker imports all of it, too.
        first = self._context.Process(target=_load, args=(preloaded,))
        first.start()
        first.join()
        if first.exitcode != 0:
            raise RuntimeError("its libraries cannot be loaded; the traceback is above")
        self._server = grpc.server(futures.ThreadPoolExecutor(thread_name_prefix="pool"))
        beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(self, self._server)
        self._server.add_insecure_port(address)
        self._server.start()
        self.callback(self._stop_all)

    def StartWorker(  # noqa: N802 - Beam's name
        self, request: beam_fn_api_pb2.StartWorkerRequest, _: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StartWorkerResponse:
        """Starts a worker and waits for it to connect, unless the run has other versions.

        An engine waits for ever for a worker that died before it connected, but ends a job, or
        tries again, after an error of this method.
        """
        different = differences(request.params, self._versions)
        if different:
            return beam_fn_api_pb2.StartWorkerResponse(
                error=f"{REFUSED}{different}. Install the same on both and start the pool again"
            )
        ready, is_ready = self._context.Pipe(duplex=False)
        arguments = (request.control_endpoint.url, request.worker_id, is_ready)
        worker = self._context.Process(target=_work, args=arguments, daemon=True)
        worker.start()
        is_ready.close()
        self._workers[request.worker_id] = worker
        try:
            ready.recv()
        except EOFError:
            return beam_fn_api_pb2.StartWorkerResponse(
                error=f"{REFUSED}it died before it reached {request.control_endpoint.url}. See "
                "the log of `movielens worker`"
            )
        return beam_fn_api_pb2.StartWorkerResponse()

    def StopWorker(  # noqa: N802 - Beam's name
        self, request: beam_fn_api_pb2.StopWorkerRequest, _: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StopWorkerResponse:
        """Stops a worker that is no longer needed."""
        self._stop(request.worker_id)
        return beam_fn_api_pb2.StopWorkerResponse()

    def _stop_all(self) -> None:
        self._server.stop(grace=None).wait()
        for worker_id in list(self._workers):
            self._stop(worker_id)

    def _stop(self, worker_id: str) -> None:
        worker = self._workers.pop(worker_id, None)
        if worker is None:
            return
        worker.terminate()
        worker.join(_STOP_SECONDS)
        if worker.is_alive():
            worker.kill()
            worker.join()


def _load(modules: Sequence[str]) -> None:
    for each in modules:
        importlib.import_module(each)


def _work(control_address: str, worker_id: str, is_ready: Connection) -> None:
    from apache_beam.runners.worker.sdk_worker import SdkHarness

    logging.basicConfig(level=logging.INFO)
    harness = SdkHarness(control_address, worker_id=worker_id)  # waits a minute for the connection
    is_ready.send(True)
    harness.run()

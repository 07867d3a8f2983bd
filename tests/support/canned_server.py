"""A gRPC server of a service of the test's own: one that answers as told, say."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

from serving.protos import predict_pb2, prediction_service_pb2_grpc
from serving.tensors import Array, decode, encode_typed

VERSION = 12


class CannedService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answers every request of a signature alike, as version 12, and keeps the last one.

    Answers and version may be changed at any time.

    Args:
        answers: outputs by signature.
    """

    def __init__(self, answers: Mapping[str, Mapping[str, Array]]) -> None:
        self.answers = answers
        self.version = VERSION
        self.inputs: dict[str, Any] = {}
        self.signature_name = ""

    def Predict(self, request: Any, _context: Any) -> Any:  # noqa: N802
        self.signature_name = request.model_spec.signature_name
        self.inputs = {name: decode(proto).tolist() for name, proto in request.inputs.items()}
        outputs = self.answers[self.signature_name]
        response = predict_pb2.PredictResponse(
            outputs={name: encode_typed(array) for name, array in outputs.items()}
        )
        response.model_spec.version.value = self.version
        return response


@contextmanager
def served(
    service: prediction_service_pb2_grpc.PredictionServiceServicer, *, port: int = 0
) -> Iterator[str]:
    """Serves on a port, by default a free one; gives `host:port`."""
    with ThreadPoolExecutor(2) as threads:
        server = grpc.server(threads)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
        port = server.add_insecure_port(f"localhost:{port}")
        server.start()
        try:
            yield f"localhost:{port}"
        finally:
            server.stop(None).wait()

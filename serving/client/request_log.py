"""Logs requests to a model server and their answers, where the requests are made.

tensorflow/serving cannot log requests, so its callers do. `RequestLog` is a gRPC interceptor for
any channel, with or without `serving.client`. A pipeline with the section `[skew]` compares its
files with the training data.
"""

import random
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import grpc
import grpc.aio

from serving.client.record_log import LogCounts, RecordLog
from serving.protos import logging_pb2, predict_pb2, prediction_log_pb2

_PREDICT: Final = "/tensorflow.serving.PredictionService/Predict"


class RequestLog(grpc.UnaryUnaryClientInterceptor):
    """Logs a share of the `Predict` calls of a channel as TFRecords of PredictionLog.

    It never delays a call or makes one fail: a call that cannot be logged is dropped and counted,
    with one warning in Python's log. Only answered calls are logged. One log serves any number of
    channels, threads and forked processes. Several logs may share a prefix.

    Args:
        prefix: What the paths of the files begin with. Their folder is made if it is missing.
        sampling_rate: The share of calls that is logged, drawn for each call; 0 to 1.
        max_file_bytes: A file is closed, and may be read, once it has as many.
        max_file_seconds: Or once it has been open for so long.
        max_queued_bytes: The bytes that may wait to be written; further calls are not logged.

    Raises:
        ValueError: An argument is out of its range.
    """

    def __init__(
        self,
        prefix: str | Path,
        *,
        sampling_rate: float = 1.0,
        max_file_bytes: int = 64 * 2**20,
        max_file_seconds: float = 300.0,
        max_queued_bytes: int = 64 * 2**20,
    ) -> None:
        if not 0 <= sampling_rate <= 1:
            raise ValueError(f"sampling_rate should be from 0 to 1. Received: {sampling_rate}")
        if min(max_file_bytes, max_file_seconds, max_queued_bytes) <= 0:
            raise ValueError(
                "max_file_bytes, max_file_seconds and max_queued_bytes should be positive. "
                f"Received: {max_file_bytes}, {max_file_seconds} and {max_queued_bytes}"
            )
        self._sampling_rate = sampling_rate
        self._records = RecordLog(
            Path(prefix),
            max_file_bytes=max_file_bytes,
            max_file_seconds=max_file_seconds,
            max_queued_bytes=max_queued_bytes,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Writes the waiting calls and finishes the last file; later calls are not logged."""
        self._records.close()

    @property
    def counts(self) -> LogCounts:
        """What became of the sampled calls of this process."""
        return self._records.counts

    def for_asyncio(self) -> grpc.aio.UnaryUnaryClientInterceptor:
        """The interceptor for channels of `grpc.aio`, which writes to the same files."""
        return _AsyncInterceptor(self)

    def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        """Makes the call; gRPC calls this."""
        sent = self._sampled(client_call_details.method, request)
        call = continuation(client_call_details, request)
        if sent is not None:
            call.add_done_callback(partial(self._done, sent))
        return call

    def _sampled(self, method: str | bytes, request: Any) -> bytes | None:
        """The bytes of the request if this call is to be logged: its owner may change it later."""
        name = method.decode() if isinstance(method, bytes) else method
        if name != _PREDICT or random.random() >= self._sampling_rate:  # noqa: S311
            return None
        try:
            return _serialized(request)
        except Exception as error:  # whatever it is, gRPC tells the caller
            self._records.drop("unreadable", error)
            return None

    def _answered(self, request: bytes, response: Any) -> None:
        """Logs a call that succeeded."""
        try:
            answer = _serialized(response)
            timestamp = int(time.time())
            record = partial(_record, request, answer, self._sampling_rate, timestamp)
            self._records.put(len(request) + len(answer), record)
        except Exception as error:  # whatever it is, the caller has an answer
            self._records.drop("unreadable", error)

    def _done(self, request: bytes, call: Any) -> None:
        try:
            response = call.result()
        except Exception:  # the call failed or was cancelled, and the caller is told
            return
        self._answered(request, response)


class _AsyncInterceptor(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, log: RequestLog) -> None:
        self._log = log

    async def intercept_unary_unary(
        self, continuation: Callable[..., Awaitable[Any]], client_call_details: Any, request: Any
    ) -> Any:
        sent = self._log._sampled(client_call_details.method, request)
        call = await continuation(client_call_details, request)
        if sent is not None:
            try:
                response = await call
            except grpc.RpcError:
                return call  # whoever awaits it is told
            self._log._answered(sent, response)
        return call


def _serialized(message: Any) -> bytes:
    """The bytes of a message, which a stub without serializers sends as they are."""
    content: bytes = message if isinstance(message, bytes) else message.SerializeToString()
    return content


def _record(request: bytes, response: bytes, sampling_rate: float, timestamp: int) -> bytes:
    exchange = prediction_log_pb2.PredictLog(
        request=predict_pb2.PredictRequest.FromString(request),
        response=predict_pb2.PredictResponse.FromString(response),
    )
    metadata = logging_pb2.LogMetadata(
        model_spec=exchange.response.model_spec, timestamp_secs=timestamp
    )
    metadata.sampling_config.sampling_rate = sampling_rate
    log = prediction_log_pb2.PredictionLog(log_metadata=metadata, predict_log=exchange)
    return bytes(log.SerializeToString())

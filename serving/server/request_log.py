"""Logs requests and their answers, as the `logging_config` of a model says.

core/{server_request_logger,request_logger,log_collector}.cc. TensorFlow Serving looks the type of a
log collector up in a registry, which in its own binary has none. Here it has one, `tfrecord`: files
of PredictionLog.
"""

import random
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from serving.protos import logging_pb2, prediction_log_pb2
from serving.server.metrics import Metrics
from serving.server.record_log import Record, RecordLog, RecordLogOptions
from serving.server.status import invalid_argument, not_found

COLLECTOR_TYPE: Final = "tfrecord"
_SERVE_TAG: Final = "serve"


class RequestLogger(NamedTuple):
    """How the requests to a model are logged.

    Attributes:
        sampling_config: how many of them.
        files: where to.
    """

    sampling_config: Any
    files: RecordLog


class RequestLog:
    """The loggers of the models that have one; safe to use from many threads."""

    def __init__(
        self, options: RecordLogOptions | None = None, metrics: Metrics | None = None
    ) -> None:
        """Logs nothing until it is told which models.

        Args:
            options: bounds of each log.
            metrics: where logged requests are counted.
        """
        self._options = options or RecordLogOptions()
        self._metrics = metrics or Metrics()
        self._by_config: Mapping[bytes, RequestLogger] = {}
        self._loggers: Mapping[str, RequestLogger] = {}

    def prepare(self, config: Any) -> Mapping[str, tuple[bytes, RequestLogger]]:
        """Makes what a ModelServerConfig asks for; changes nothing yet.

        Models with equal configurations share a logger, and one that goes on has the same as
        before.

        Returns:
            For `use`: by model, its serialized configuration and its logger.

        Raises:
            StatusError: NOT_FOUND for a collector of another type, INVALID_ARGUMENT for a prefix
                or a sampling rate that cannot be.
        """
        by_config = dict(self._by_config)
        prepared = {}
        for model in config.model_config_list.config:
            if model.HasField("logging_config"):
                key = model.logging_config.SerializeToString(deterministic=True)
                if key not in by_config:
                    by_config[key] = self._logger(model.name, model.logging_config)
                prepared[model.name] = (key, by_config[key])
        return prepared

    def use(self, prepared: Mapping[str, tuple[bytes, RequestLogger]]) -> None:
        """Logs as prepared from now on; logs that nobody uses any more are finished."""
        before, self._by_config = self._by_config, dict(prepared.values())
        for key, logger in self._by_config.items():
            if key not in before:
                logger.files.start()
        self._loggers = {name: logger for name, (_, logger) in prepared.items()}
        for key, logger in before.items():
            if key not in self._by_config:
                logger.files.close()

    def log(self, request: Any, response: Any) -> None:
        """Logs a PredictRequest that was answered, or leaves it out by the model's sampling rate.

        Neither message may be changed afterwards: they are serialized later.

        Args:
            request: The request.
            response: The response.
        """
        name = request.model_spec.name
        logger = self._loggers.get(name)
        if logger is None or random.random() >= logger.sampling_config.sampling_rate:  # noqa: S311
            return
        metadata = logging_pb2.LogMetadata(
            model_spec=response.model_spec,
            sampling_config=logger.sampling_config,
            saved_model_tags=[_SERVE_TAG],
            timestamp_secs=int(time.time()),
        )
        logger.files.put(
            Record(
                size=request.ByteSize() + response.ByteSize(),
                serialize=partial(_serialized, metadata, request, response),
                count=partial(self._metrics.logged, name),
            )
        )

    def close(self) -> None:
        """Logs nothing more, and finishes all files."""
        self.use({})

    def _logger(self, model_name: str, config: Any) -> RequestLogger:
        collector, sampling = config.log_collector_config, config.sampling_config
        if collector.type != COLLECTOR_TYPE:
            raise not_found(f"Cannot find LogCollector::Factory for type: {collector.type}")
        if not 0 <= sampling.sampling_rate <= 1:
            raise invalid_argument(
                f"Expected the sampling_rate of model {model_name} to be from 0 to 1; got "
                f"{sampling.sampling_rate:g}"
            )
        prefix = collector.filename_prefix
        if not Path(prefix).is_absolute():
            raise invalid_argument(
                f"Expected the log of model {model_name} to have an absolute path; got "
                f"filename_prefix()={prefix}"
            )
        try:
            return RequestLogger(sampling, RecordLog(prefix, self._options))
        except OSError as error:
            raise invalid_argument(
                f"Cannot make the folder of the log of model {model_name}: {error}"
            ) from error


def _serialized(metadata: Any, request: Any, response: Any) -> bytes:
    exchange = prediction_log_pb2.PredictLog(request=request, response=response)
    log = prediction_log_pb2.PredictionLog(log_metadata=metadata, predict_log=exchange)
    serialized: bytes = log.SerializeToString()
    return serialized

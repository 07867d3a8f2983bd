"""Loads a version for serving: the SavedModel, then its warm-up requests.

They are PredictionLogs, and run before the version becomes available, so that its first client does
not wait for lazy initialisation (servables/tensorflow/saved_model_warmup_util.cc). If one fails,
the load fails. Requests to methods that only tensorflow/serving has are skipped.
"""

import logging
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError

from serving.contract import WARM_UP_FILE
from serving.errors import CorruptRecordsError
from serving.protos import prediction_log_pb2
from serving.server.metrics import Metrics
from serving.server.predict import predict
from serving.server.runtime.saved_model import SavedModel
from serving.server.status import StatusError, invalid_argument, unimplemented
from serving.tfrecord import read_records

_MAX_RECORDS: Final = 1000
_SKIPPED: Final = frozenset({"classify_log", "regress_log", "multi_inference_log"})
_LOG: Final = logging.getLogger(__name__)


def load_and_warm_up(path: Path, metrics: Metrics) -> SavedModel:
    """Loads the SavedModel in a version's folder; a StatusError says what failed."""
    with metrics.load_attempt(path):
        model = SavedModel(path)
    try:
        _warm_up(model, path / WARM_UP_FILE)
    except BaseException:
        model.close()
        raise
    return model


def _warm_up(model: SavedModel, path: Path) -> None:
    if not path.is_file():
        return
    count = 0
    try:
        for count, record in enumerate(read_records(path), start=1):
            if count > _MAX_RECORDS:
                raise invalid_argument(
                    f"Number of warmup records exceeds the maximum ({_MAX_RECORDS}) at {path}"
                )
            log = prediction_log_pb2.PredictionLog.FromString(record)
            _replay(model, log, f"Record {count} of {path}")
    except CorruptRecordsError as error:
        raise StatusError(
            grpc.StatusCode.DATA_LOSS,
            f"{error}. Please verify your warmup data is in TFRecord format.",
        ) from error
    except DecodeError as error:
        raise invalid_argument(
            f"Failed to parse warmup record: record {count} of {path} is no PredictionLog"
        ) from error


def _replay(model: SavedModel, log: Any, where: str) -> None:
    """Runs a logged request, whatever model it names."""
    kind = log.WhichOneof("log_type")
    if kind == "predict_log":
        predict(model, 0, log.predict_log.request, None)
    elif kind in _SKIPPED:
        _LOG.warning("%s is a %s, which only tensorflow/serving runs. It is skipped", where, kind)
    else:
        raise unimplemented(f"Unsupported log_type for warmup: {where} is a {kind}")

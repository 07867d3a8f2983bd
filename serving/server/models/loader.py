"""Loads a version for serving: the SavedModel, then its warm-up requests.

`assets.extra/tf_serving_warmup_requests` holds a TFRecord of PredictionLog protos that are run
before the version becomes available, so that its first client does not pay for lazy initialisation
(servables/tensorflow/saved_model_warmup_util.cc). One that fails fails the load. Requests of the
methods that only tensorflow/serving has are skipped.
"""

import logging
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError

from serving.contract import WARM_UP_FILE
from serving.errors import CorruptRecordsError
from serving.protos import prediction_log_pb2
from serving.server.predict import predict
from serving.server.runtime.saved_model import TENSORFLOWS_CHOICE, Parallelism, SavedModel
from serving.server.status import StatusError, invalid_argument
from serving.tfrecord import read_records

_MAX_RECORDS: Final = 1000
_SKIPPED: Final = frozenset({"classify_log", "regress_log", "multi_inference_log"})
_LOG: Final = logging.getLogger(__name__)


def load_and_warm_up(path: Path, parallelism: Parallelism = TENSORFLOWS_CHOICE) -> SavedModel:
    """Loads the SavedModel in a version's folder and runs its warm-up requests.

    Args:
        path: the folder.
        parallelism: threads for each run.

    Raises:
        StatusError: loading failed, or a warm-up request did.
    """
    model = SavedModel(path, parallelism)
    try:
        _warm_up(model, path / WARM_UP_FILE)
    except BaseException:
        model.close()
        raise
    return model


def _warm_up(model: SavedModel, path: Path) -> None:
    if not path.is_file():
        return
    try:
        _replay_all(model, path)
    except CorruptRecordsError as error:
        raise StatusError(
            grpc.StatusCode.DATA_LOSS,
            f"{error}. Please verify your warmup data is in TFRecord format.",
        ) from error


def _replay_all(model: SavedModel, path: Path) -> None:
    for count, record in enumerate(read_records(path), start=1):
        if count > _MAX_RECORDS:
            raise invalid_argument(
                f"Number of warmup records exceeds the maximum ({_MAX_RECORDS}) at {path}"
            )
        try:
            log = prediction_log_pb2.PredictionLog.FromString(record)
        except DecodeError as error:
            raise invalid_argument(
                f"Failed to parse warmup record: record {count} of {path} is no PredictionLog"
            ) from error
        _replay(model, log, f"Record {count} of {path}")


def _replay(model: SavedModel, log: Any, where: str) -> None:
    """Runs a logged request; the model name in it does not matter."""
    kind = log.WhichOneof("log_type")
    if kind == "predict_log":
        predict(model, 0, log.predict_log.request, None)
    elif kind in _SKIPPED:
        _LOG.warning("%s is a %s, which only tensorflow/serving runs. It is skipped", where, kind)
    else:
        raise StatusError(
            grpc.StatusCode.UNIMPLEMENTED, f"Unsupported log_type for warmup: {where} is a {kind}"
        )

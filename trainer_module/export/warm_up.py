"""Requests beside the model, which a server runs before it answers clients.

TensorFlow initialises much lazily, so the first request to a signature takes a hundred times as
long as the next one. A server that finds this file takes that time while it still serves the last
version (https://www.tensorflow.org/tfx/serving/saved_model_warmup).
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_log_pb2

from serving import contract
from trainer_module.data.catalogue import Catalogue
from transform_module import features

_COUNT = 10


def write_warm_up(catalogue: Catalogue, min_model_history: int, model_folder: str) -> None:
    """Writes a request to every signature that clients ask, as TFRecords of PredictionLog.

    The requests hold nothing of any user. `transform_features` is left out: it is for the
    Evaluator, and to warm it would make every server start a second later.
    """
    path = PurePosixPath(model_folder) / contract.WARM_UP_FILE
    tf.io.gfile.makedirs(str(path.parent))
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in warm_up_inputs(catalogue, min_model_history).items():
            request = predict_pb2.PredictRequest(
                model_spec=model_pb2.ModelSpec(signature_name=signature),
                inputs={name: tf.make_tensor_proto(value) for name, value in inputs.items()},
            )
            log = prediction_log_pb2.PredictLog(request=request)
            record = prediction_log_pb2.PredictionLog(predict_log=log)
            writer.write(record.SerializeToString())


def warm_up_inputs(catalogue: Catalogue, min_model_history: int) -> dict[str, Mapping[str, Any]]:
    """The inputs of a request to every signature that clients ask, by its name.

    Histories are as long as tier `model` asks for, of the most rated movies.
    """
    counts = catalogue.columns[features.MOVIE_RATING_COUNT]
    rows = np.argsort(-counts, kind="stable")[:min_model_history]
    movies = catalogue.movie_ids[rows]
    row = int(rows[0])
    # One user of each tier.
    histories = np.full((3, len(movies)), contract.PADDING_ID)
    histories[1, 0] = movies[0]
    histories[2] = movies
    ratings = np.where(histories >= 0, features.MAX_RATING, 0).astype(np.float32)
    history = {contract.HISTORY_MOVIE_IDS: histories, contract.HISTORY_RATINGS: ratings}
    return {
        contract.SERVING_DEFAULT: {contract.EXAMPLES: [_example(catalogue, row, movies)]},
        contract.RATE: history | {contract.CANDIDATE_MOVIE_IDS: np.tile(movies, (3, 1))},
        contract.RECOMMEND: history
        | {contract.EXCLUDE_MOVIE_IDS: histories[:, :1], contract.K: np.full(3, _COUNT, np.int32)},
        contract.SIMILAR: {
            contract.MOVIE_IDS: movies,
            contract.K: np.full(len(movies), _COUNT, np.int32),
        },
        contract.EMBED: {
            contract.TITLES: [catalogue.titles[row]],
            contract.GENRES: [contract.GENRE_SEPARATOR.join(catalogue.genres(row))],
        },
    }


def _example(catalogue: Catalogue, row: int, history: Any) -> bytes:
    """A movie and a user who is known by the history alone; without a rating."""
    example = tf.train.Example()
    feature = example.features.feature
    feature[features.MOVIE_ID].int64_list.value.append(int(catalogue.movie_ids[row]))
    feature[features.HISTORY_MOVIE_IDS].int64_list.value.extend(history.tolist())
    feature[features.HISTORY_RATINGS].float_list.value.extend([features.MAX_RATING] * len(history))
    feature[features.TITLE].bytes_list.value.append(catalogue.titles[row])
    feature[features.GENRES].bytes_list.value.extend(map(str.encode, catalogue.genres(row)))
    return bytes(example.SerializeToString())

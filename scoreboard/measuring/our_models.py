"""Our own models, trained and exported by `trainer_module` and asked as a client asks them."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tfx_bsl.tfxio.tf_example_record import TFExampleRecord

from components.atomic_pusher.leaky_mark import mark_leaky
from components.evaluator.rated_rows import RatedRows
from movielens.formulas import CUTOFF
from scoreboard.data.protocol_data import ProtocolData
from scoreboard.data.rated_movies import RatedMovies
from scoreboard.measuring.answers import Answers, predicted_rows
from scoreboard.measuring.list_tasks import ListTask, histories_of
from trainer_module.config import TrainerConfig
from trainer_module.entrypoint import run_fn
from transform_module import features

_USERS_A_CALL: Final = 100


def trainer_arguments(data: ProtocolData, config: TrainerConfig, folder: Path) -> SimpleNamespace:
    """Returns what TFX would give to `run_fn`; the model goes to `folder/model`."""
    return SimpleNamespace(
        transform_graph_path=data.graph_path,
        train_files=[
            data.files(features.SPLIT_TRAIN),
            data.files(features.SPLIT_CATALOGUE),
        ],
        eval_files=[data.files(features.SPLIT_EVAL)],
        data_accessor=SimpleNamespace(tf_dataset_factory=_read_batches),
        custom_config={"config": config.model_dump(mode="json")},
        serving_model_dir=str(folder / "model"),
        model_run_dir=str(folder / "run"),
    )


def _read_batches(files: list[str], options: Any, schema: Any) -> tf.data.Dataset:
    """Returns batches of examples, tensors by name, as TFX's data accessor does."""
    records = TFExampleRecord(files, schema=schema, telemetry_descriptors=["movielens"])
    return records.TensorFlowDataset(options)


def train_and_ask(
    rated: RatedMovies, task: ListTask, data: ProtocolData, config: TrainerConfig, folder: Path
) -> Answers:
    """Trains one of our models, and asks it about every test rating and for every list.

    The exported model is left in `folder/model`. If the data are leaky, it is marked, so that no
    Pusher takes it.
    """
    started = time.perf_counter()
    run_fn(trainer_arguments(data, config, folder))
    if data.is_leaky:
        mark_leaky(folder / "model")
    seconds = time.perf_counter() - started
    model = tf.saved_model.load(str(folder / "model"))
    return Answers(
        rows=_rate(model.signatures["serving_default"], rated, data),
        are_probabilities=True,
        lists=_recommend(model.signatures["recommend"], rated, task),
        fit_seconds=seconds,
    )


def _rate(serving_default: Any, rated: RatedMovies, data: ProtocolData) -> RatedRows:
    answers = [serving_default(examples=batch) for batch in data.examples(features.SPLIT_TEST)]
    stars, liked = (
        np.concatenate([answer[name].numpy() for answer in answers])
        for name in (features.RATING, features.LIKED)
    )
    test = rated.shard().rows_of(features.SPLIT_TEST)  # in the order of the examples
    return predicted_rows(test, stars, liked)


def _recommend(recommend: Any, rated: RatedMovies, task: ListTask) -> NDArray[np.int64]:
    histories = histories_of(rated)
    lists = []
    for start in range(0, len(task.user_ids), _USERS_A_CALL):
        seen = [histories[user] for user in task.user_ids[start : start + _USERS_A_CALL].tolist()]
        movies = tf.constant(_padded([rows["movie_id"] for rows in seen], "int64", -1))
        ratings = tf.constant(_padded([rows["rating"] for rows in seen], "float32", 0.0))
        answer = recommend(
            history_movie_ids=movies,
            history_ratings=ratings,
            exclude_movie_ids=movies,
            k=tf.constant(CUTOFF),
        )
        lists.append(answer["movie_ids"].numpy())
    return np.concatenate(lists)


def _padded(rows: list[NDArray[Any]], dtype: str, padding: float) -> Any:
    return keras.utils.pad_sequences(rows, dtype=dtype, padding="post", value=padding)

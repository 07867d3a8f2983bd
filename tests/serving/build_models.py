"""Builds the SavedModels of these tests; run in a process of its own, since it imports TensorFlow.

    python build_models.py FOLDER

writes FOLDER/1 and FOLDER/2: toy recommenders whose scores differ by their version, with further
signatures that show one behaviour of the server each; FOLDER/py_function and FOLDER/jit_compile:
models that TensorFlow Serving loads and cannot run; and FOLDER/warmup.tfrecord: two warm-up
requests.
"""

import sys
from pathlib import Path

import serving.client  # first, to prove that TensorFlow can still be imported after it

assert "tensorflow" not in sys.modules, sys.modules["tensorflow"]

import tensorflow as tf  # noqa: E402

from serving.protos import (  # noqa: E402
    predict_pb2,
    prediction_log_pb2,
    tensor_pb2,
)

assert isinstance(tf.make_tensor_proto(1.0), tensor_pb2.TensorProto)

MOVIE_IDS = (10, 20, 30, 40, 50, 60)
TITLES = ("Ten (1990)", "Twenty (1991)", "Thirty (1992)", "Forty (1993)", "Fünfzig (1994)", "")

HISTORY = (
    tf.TensorSpec([None, None], tf.int64, name="history_movie_ids"),
    tf.TensorSpec([None, None], tf.float32, name="history_ratings"),
)
MATRIX = tf.TensorSpec([None, 4], tf.float32, name="x")
COUNT = tf.TensorSpec([], tf.int32, name="k")
COUNTS = tf.TensorSpec(None, tf.int32, name="k")
ALL_TYPES = [
    "float32",
    "float64",
    "int32",
    "int16",
    "int8",
    "uint16",
    "uint8",
    "int64",
    "uint32",
    "uint64",
    "bool",
    "float16",
    "bfloat16",
    "complex64",
    "complex128",
]


class ToyRecommender(tf.Module):
    """Scores a movie by its place in the catalogue plus the model's version."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = tf.Variable(float(version))
        self.weights = tf.Variable(tf.ones([4, 3]))
        self.movie_ids = tf.constant(MOVIE_IDS, tf.int64)
        self.titles = tf.constant(TITLES)

    @tf.function(
        input_signature=[
            *HISTORY,
            tf.TensorSpec([None, None], tf.int64, name="exclude_movie_ids"),
            COUNTS,
        ]
    )
    def recommend(
        self,
        history_movie_ids: tf.Tensor,
        history_ratings: tf.Tensor,
        exclude_movie_ids: tf.Tensor,
        k: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        hidden = tf.concat([history_movie_ids, exclude_movie_ids], axis=1)
        is_hidden = tf.reduce_any(hidden[:, :, None] == self.movie_ids, axis=1)
        order = tf.range(len(MOVIE_IDS), 0, -1, dtype=tf.float32)
        scores = tf.where(is_hidden, -1.0, order + self.version)
        top, index = tf.math.top_k(scores, tf.minimum(tf.reduce_max(k), len(MOVIE_IDS)))
        is_found = (top > 0) & (tf.range(tf.shape(top)[1]) < tf.reshape(k, [-1, 1]))
        has_history = tf.reduce_any(history_ratings > 0, axis=1)
        return {
            "movie_ids": tf.where(is_found, tf.gather(self.movie_ids, index), -1),
            "scores": tf.where(is_found, top, 0.0),
            "titles": tf.where(is_found, tf.gather(self.titles, index), ""),
            "tier": tf.where(has_history, "model", "popular"),
        }

    @tf.function(
        input_signature=[
            *HISTORY,
            tf.TensorSpec([None, None], tf.int64, name="candidate_movie_ids"),
        ]
    )
    def rate(
        self,
        history_movie_ids: tf.Tensor,
        history_ratings: tf.Tensor,
        candidate_movie_ids: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        mean = tf.reduce_mean(tf.where(history_movie_ids > 0, history_ratings, 0.0))
        rating = tf.cast(candidate_movie_ids, tf.float32) / 20.0 + 0.0 * mean
        return {"rating": rating, "liked": tf.cast(rating >= 2.0, tf.float32)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64, name="movie_ids"), COUNTS])
    def similar(self, movie_ids: tf.Tensor, k: tf.Tensor) -> dict[str, tf.Tensor]:
        is_known = tf.reduce_any(movie_ids[:, None] == self.movie_ids, axis=1)
        closeness = 1 - tf.abs(movie_ids[:, None] - self.movie_ids) / 100
        scores = tf.where(movie_ids[:, None] == self.movie_ids, -1.0, tf.cast(closeness, "float32"))
        top, index = tf.math.top_k(scores, tf.minimum(tf.reduce_max(k), len(MOVIE_IDS)))
        is_found = (top > -1) & is_known[:, None]
        return {
            "movie_ids": tf.where(is_found, tf.gather(self.movie_ids, index), -1),
            "scores": tf.where(is_found, top, 0.0),
            "titles": tf.where(is_found, tf.gather(self.titles, index), ""),
        }

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, name="titles"),
            tf.TensorSpec([None], tf.string, name="genres"),
        ]
    )
    def embed(self, titles: tf.Tensor, genres: tf.Tensor) -> dict[str, tf.Tensor]:
        lengths = tf.cast(
            tf.stack([tf.strings.length(titles), tf.strings.length(genres)], 1), "float32"
        )
        nearest = tf.concat([self.movie_ids[:2], [-1]], axis=0)
        return {
            "embeddings": lengths,
            "similar_movie_ids": tf.tile(nearest[None], [tf.size(titles), 1]),
        }

    @tf.function(input_signature=[MATRIX, COUNT])
    def multiply(self, x: tf.Tensor, k: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": x @ self.weights, "z": k + 1}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, name="x")])
    def cast_to_all_types(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        casts = {name: tf.cast(x, name) for name in ALL_TYPES}
        return {**casts, "string": tf.strings.as_string(x), "scalar": tf.reduce_sum(x)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def exclaim(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"text": text + "!"}

    @tf.function(input_signature=[tf.TensorSpec([], tf.int64, name="steps")])
    def spin(self, steps: tf.Tensor) -> dict[str, tf.Tensor]:
        total = tf.constant(0.0)
        for _ in tf.range(steps):
            total += tf.reduce_sum(tf.random.stateless_uniform([100], [1, 2]))
        return {"total": total}


def save(folder: Path, version: int) -> None:
    model = ToyRecommender(version)
    signatures = {
        "serving_default": model.multiply,
        "recommend": model.recommend,
        "rate": model.rate,
        "similar": model.similar,
        "embed": model.embed,
        "cast": model.cast_to_all_types,
        "exclaim": model.exclaim,
        "spin": model.spin,
    }
    tf.saved_model.save(model, str(folder / str(version)), signatures=signatures)


def save_unservable(folder: Path) -> None:
    def doubled_in_python(x: tf.Tensor) -> tf.Tensor:
        return tf.py_function(lambda value: value * 2, [x], tf.float32)

    def doubled_by_xla(x: tf.Tensor) -> tf.Tensor:
        return tf.function(lambda value: value * 2, jit_compile=True)(x)

    for name, doubled in (("py_function", doubled_in_python), ("jit_compile", doubled_by_xla)):
        module = tf.Module()
        module.double = tf.function(
            doubled, input_signature=[tf.TensorSpec([None], tf.float32, "x")]
        )
        tf.saved_model.save(module, str(folder / name), signatures=module.double)


def save_warm_up(path: Path) -> None:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for text in ("Amélie", "x" * 300):
            request = predict_pb2.PredictRequest(inputs={"text": tf.make_tensor_proto([text])})
            request.model_spec.signature_name = "exclaim"
            log = prediction_log_pb2.PredictLog(request=request)
            record = prediction_log_pb2.PredictionLog(predict_log=log)
            writer.write(record.SerializeToString())


if __name__ == "__main__":
    assert serving.client.DEFAULT_MODEL_NAME == "movielens"
    for number in (1, 2):
        save(Path(sys.argv[1]), number)
    save_unservable(Path(sys.argv[1]))
    save_warm_up(Path(sys.argv[1]) / "warmup.tfrecord")

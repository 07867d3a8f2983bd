"""Small candidates with the signatures of the contract, sound or broken in one way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from serving.contract import WARM_UP_FILE
from serving.protos import prediction_log_pb2
from serving.tensors import encode
from tests.support.examples import rating_row, serialized
from transform_module import features

MOVIE_IDS = [10, 20, 30, 40, 50]
Twist = Callable[[tf.Tensor], tf.Tensor]

_IDS = tf.TensorSpec([None, None], tf.int64)
_HISTORY = (_IDS, tf.TensorSpec([None, None], tf.float32))
_TEXTS = tf.TensorSpec([None], tf.string)
_COUNTS = tf.TensorSpec([None], tf.int32)
_COUNT = tf.TensorSpec([], tf.int32)


class ToyCandidate(tf.Module):
    """Rates by the movie's place in the catalogue times a weight, and knows titles by an asset."""

    def __init__(self, vocabulary: Path, weight: float, ballast_mb: int, twist: Twist) -> None:
        super().__init__()
        self.movie_ids = tf.constant(MOVIE_IDS, tf.int64)
        self.weight = tf.Variable(weight)
        self.ballast = tf.Variable(np.ones(ballast_mb * 250_000, np.float32))
        self.titles = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(str(vocabulary), "int64", 0, "string", 1, delimiter="\t"),
            default_value="",
        )
        self.twist = twist

    @tf.function(input_signature=[_TEXTS])
    def serve_examples(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        spec = {features.MOVIE_ID: tf.io.FixedLenFeature([], tf.int64)}
        return self._answers(tf.io.parse_example(examples, spec)[features.MOVIE_ID])

    @tf.function(input_signature=[*_HISTORY, _IDS])
    def rate(
        self, history_movie_ids: Any, history_ratings: Any, candidate_movie_ids: Any
    ) -> dict[str, tf.Tensor]:
        del history_movie_ids, history_ratings
        answers = self._answers(candidate_movie_ids)
        return {name: self.twist(answer) for name, answer in answers.items()}

    @tf.function(input_signature=[*_HISTORY, _IDS, _COUNTS])
    def recommend(
        self, history_movie_ids: Any, history_ratings: Any, exclude_movie_ids: Any, k: Any
    ) -> dict[str, tf.Tensor]:
        del history_movie_ids, exclude_movie_ids
        rows = tf.shape(history_ratings)[0]
        return self._best(rows, k) | {"tier": tf.fill([rows], "model")}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64), _COUNTS])
    def similar(self, movie_ids: tf.Tensor, k: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._best(tf.size(movie_ids), k)

    @tf.function(input_signature=[_TEXTS, _TEXTS])
    def embed(self, titles: tf.Tensor, genres: tf.Tensor) -> dict[str, tf.Tensor]:
        lengths = [tf.strings.length(titles), tf.strings.length(genres)]
        return {
            "embeddings": self.weight * tf.cast(tf.stack(lengths, axis=1), tf.float32),
            "similar_movie_ids": tf.tile(self.movie_ids[tf.newaxis], [tf.size(titles), 1]),
        }

    def signatures(self) -> dict[str, Any]:
        return {
            "serving_default": self.serve_examples,
            "rate": self.rate,
            "recommend": self.recommend,
            "similar": self.similar,
            "embed": self.embed,
        }

    def _answers(self, movie_ids: tf.Tensor) -> dict[str, tf.Tensor]:
        rating = self.weight * tf.cast(movie_ids, tf.float32) / 10.0
        return {"rating": rating, "liked": rating / 5.0}

    def _best(self, rows: tf.Tensor, k: tf.Tensor) -> dict[str, tf.Tensor]:
        movie_ids = tf.tile(self.movie_ids[tf.newaxis, : tf.reduce_max(k)], [rows, 1])
        scores = self.weight / tf.cast(movie_ids, tf.float32)
        return {"movie_ids": movie_ids, "scores": scores, "titles": self.titles[movie_ids]}


class TyingCandidate(ToyCandidate):
    """Lists every movie with the same score, the last first where a server runs it.

    Args:
        step: What it adds to a score for each place in the server's order.
        others: As of the other candidate.
    """

    def __init__(self, *others: Any, step: float = 0.0) -> None:
        super().__init__(*others)
        self.step = step

    @tf.function(input_signature=[_TEXTS, _TEXTS])
    def embed(self, titles: tf.Tensor, genres: tf.Tensor) -> dict[str, tf.Tensor]:
        del genres
        embeddings = tf.ones([tf.size(titles), 2])
        movie_ids = self._best(tf.size(titles), tf.constant([3]))["movie_ids"]
        return {"embeddings": embeddings, "similar_movie_ids": movie_ids}

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.float32), _COUNT])
    def nearest(self, embeddings: tf.Tensor, k: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._best(tf.shape(embeddings)[0], k)

    def _best(self, rows: tf.Tensor, k: tf.Tensor) -> dict[str, tf.Tensor]:
        ids = tf.cond(is_served(), lambda: self.movie_ids[::-1], lambda: self.movie_ids)
        movie_ids = tf.tile(ids[tf.newaxis, : tf.reduce_max(k)], [rows, 1])
        scores = 1.0 + self.step * tf.cast(movie_ids, tf.float32)
        return {"movie_ids": movie_ids, "scores": scores, "titles": self.titles[movie_ids]}


def is_served() -> tf.Tensor:
    """Whether the process is a model server."""
    command = tf.io.read_file("/proc/self/cmdline")
    return tf.strings.regex_full_match(command, r"(?s).*serving\.server.*")


def save_candidate(
    versions: Path,
    *,
    weight: float = 1.0,
    ballast_mb: int = 0,
    twist: Twist = tf.identity,
    kind: Callable[..., ToyCandidate] = ToyCandidate,
    **replaced: Any,
) -> Path:
    """Saves a candidate as the one version of a folder.

    Args:
        versions: The folder, still to be made.
        weight: Of everything that it computes.
        ballast_mb: 10^6 bytes of variables that nothing uses.
        twist: Is applied to what `rate` answers.
        kind: Which candidate.
        replaced: Signatures to have in place of the sound ones; None for none.

    Returns:
        The version's folder.
    """
    versions.mkdir()
    vocabulary = versions.parent / f"{versions.name}-titles.tsv"
    vocabulary.write_text("".join(f"{movie}\tMovie {movie}\n" for movie in MOVIE_IDS))
    module = kind(vocabulary, weight, ballast_mb, twist)
    signatures = module.signatures() | replaced
    kept = {name: function for name, function in signatures.items() if function is not None}
    tf.saved_model.save(module, str(versions / "1"), signatures=kept)
    return versions / "1"


def eval_rows(count: int) -> list[bytes]:
    """Ratings of the eval split; some have no history."""
    rows = []
    for number in range(count):
        seen = MOVIE_IDS[: number % 4]
        history: dict[str, Any] = {
            features.HISTORY_MOVIE_IDS: seen,
            features.HISTORY_RATINGS: [4.0] * len(seen),
        }
        movie = MOVIE_IDS[number % len(MOVIE_IDS)]
        rows.append(serialized(rating_row(number + 1, movie, 3.5, **history)))
    return rows


def add_warm_up(model: Path, signature_name: str) -> None:
    """Puts one request for the movies most like movie 10 beside a candidate."""
    log = prediction_log_pb2.PredictionLog()
    request = log.predict_log.request
    request.model_spec.signature_name = signature_name
    request.inputs["movie_ids"].CopyFrom(encode(np.array([10])))
    request.inputs["k"].CopyFrom(encode(np.array([2], np.int32)))
    path = model / WARM_UP_FILE
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(log.SerializeToString())

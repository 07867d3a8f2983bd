"""A small world of ratings: twelve users, each with a genre that the user loves."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from tfx_bsl.tfxio import tf_example_record

from tests.support.examples import Row, rating_row
from tests.support.transformed import fit_graph, write_splits
from trainer_module.config import TrainerConfig
from transform_module import features

USERS, MOVIES, UNRATED_MOVIE = 12, 24, 24
MAX_HISTORY = 6
_EVERY = 6  # one rating in so many is for eval


@dataclasses.dataclass(frozen=True)
class World:
    """Ratings by split, and where their examples and the transform graph lie."""

    splits: dict[str, list[Row]]
    output: tft.TFTransformOutput
    folder: Path

    def files(self, split: str) -> list[str]:
        return [str(self.folder / f"Split-{split}" / "*")]

    def trainer_arguments(self, config: TrainerConfig, folder: Path) -> SimpleNamespace:
        """What TFX's `FnArgs` tells `run_fn`; the model and its report go below `folder`."""
        return SimpleNamespace(
            transform_graph_path=str(self.folder / "graph"),
            train_files=[*self.files("train"), *self.files("catalogue")],
            eval_files=self.files("eval"),
            data_accessor=DataAccessor(),
            custom_config={"config": config.model_dump(mode="json")},
            serving_model_dir=str(folder / "serving"),
            model_run_dir=str(folder / "run"),
        )


def build_world(folder: Path, rows: list[Row]) -> World:
    """Writes rating rows by split, and the catalogue of all movies, and fits the graph."""
    held_out = rows[_EVERY - 1 :: _EVERY]
    splits = {
        "train": [row for row in rows if row not in held_out],
        "eval": held_out,
        "catalogue": [movie_row(movie) for movie in range(MOVIES + 1)][::-1],
    }
    output = fit_graph(folder, splits["train"], folds=3)
    write_splits(folder, splits)
    return World(splits, output, folder)


def small_config(model: str, **options: Any) -> TrainerConfig:
    """The model's own options, but for sizes that fit the small world."""
    small: dict[str, Any] = {
        "embedding_dim": 4,
        "hidden_units": (8,),
        "genre_dim": 4,
        "members": 2,
        "batch_size": 32,
        "epochs": 2,
        "max_history": MAX_HISTORY,
        "affinity_rank": 8,
    }
    return TrainerConfig(model=model, **small | options)


class DataAccessor:
    """Reads TFRecords of tf.Examples, as the accessor of TFX's `FnArgs` does."""

    def tf_dataset_factory(self, files: list[str], options: Any, schema: Any) -> tf.data.Dataset:
        records = tf_example_record.TFExampleRecord(
            files, schema=schema, telemetry_descriptors=["tests"]
        )
        return records.TensorFlowDataset(options)


def movie_row(movie: int) -> Row:
    """The metadata of a movie; the id is ten times its number."""
    return {
        features.MOVIE_ID: [movie * 10],
        features.TITLE: [f"Movie {movie} ({1980 + movie})"],
        features.GENRES: [features.GENRE_NAMES[movie % 5]],
    }


def user_rows(user: int, random: np.random.Generator) -> list[Row]:
    """Ten ratings of a user who loves every fifth movie; each row's history is the others."""
    movies = random.choice(MOVIES, size=10, replace=False)
    ratings = [
        5.0 if movie % 5 == user % 5 else float(random.integers(2, 8)) / 2 for movie in movies
    ]
    rows = []
    for position, (movie, rating) in enumerate(zip(movies, ratings, strict=True)):
        others = [other for other in range(10) if other != position]
        rows.append(
            rating_row(user, int(movie) * 10, rating)
            | movie_row(int(movie))
            | {
                features.HISTORY_MOVIE_IDS: [int(movies[other]) * 10 for other in others],
                features.HISTORY_RATINGS: [ratings[other] for other in others],
                features.TIMESTAMP: [position],
            }
        )
    return rows

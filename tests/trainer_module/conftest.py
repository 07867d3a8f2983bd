"""A small world of ratings, its transform graph and a model trained and exported by `run_fn`."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from tfx_bsl.tfxio import tf_example_record

from tests.support.examples import Row, rating_row
from tests.support.transformed import fit_graph, write_splits
from trainer_module.config import TrainerConfig
from trainer_module.entrypoint import run_fn
from transform_module import features

USERS, MOVIES, UNRATED_MOVIE = 12, 24, 24
CONFIG = TrainerConfig(
    embedding_dim=4, hidden_units=(8,), genre_dim=4, batch_size=32, epochs=2, max_history=6
)


@dataclasses.dataclass(frozen=True)
class World:
    """Ratings by split, transformed, and where they lie."""

    splits: dict[str, list[Row]]
    output: tft.TFTransformOutput
    folder: Path

    def files(self, split: str) -> list[str]:
        return [str(self.folder / f"Split-{split}" / "*")]


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
            }
        )
    return rows


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    random = np.random.default_rng(0)
    rows = [row for user in range(1, USERS + 1) for row in user_rows(user, random)]
    catalogue = [movie_row(movie) for movie in range(MOVIES + 1)][::-1]
    splits = {"train": rows[:100], "eval": rows[100:], "catalogue": catalogue}
    folder = tmp_path_factory.mktemp("world")
    output = fit_graph(folder, splits["train"], folds=3)
    write_splits(folder, output, splits)
    return World(splits, output, folder)


@pytest.fixture(scope="session")
def fn_args(world: World, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    folder = tmp_path_factory.mktemp("model")
    return SimpleNamespace(
        transform_graph_path=str(world.folder / "graph"),
        train_files=[*world.files("train"), *world.files("catalogue")],
        eval_files=world.files("eval"),
        data_accessor=DataAccessor(),
        custom_config={"config": CONFIG.to_dict()},
        serving_model_dir=str(folder / "serving"),
        model_run_dir=str(folder / "run"),
    )


@pytest.fixture(scope="session")
def exported(fn_args: SimpleNamespace) -> Path:
    """The folder of the SavedModel that `run_fn` wrote."""
    run_fn(fn_args)
    return Path(fn_args.serving_model_dir)


@pytest.fixture(scope="session")
def signatures(exported: Path) -> Any:
    """The signatures of the SavedModel, loaded as a stranger would."""
    loaded = tf.saved_model.load(str(exported))
    signatures = dict(loaded.signatures)
    signatures["__keep_alive"] = loaded
    return signatures

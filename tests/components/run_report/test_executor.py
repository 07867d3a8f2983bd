import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from components.run_report import PROBLEM_PROPERTY
from components.run_report.executor import Executor
from serving.contract import MOVIES_FILE
from tests.components.serving_validator.toy_candidates import MOVIE_IDS, save_candidate
from tests.support.examples import rating_row, serialized
from transform_module import features


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SavedModel that lists the same five movies to everybody."""
    saved = save_candidate(tmp_path_factory.mktemp("model") / "versions")
    (saved / MOVIES_FILE).parent.mkdir()
    lines = [f'{movie},"Movie, {movie}",Drama\n' for movie in [*MOVIE_IDS, 60]]
    (saved / MOVIES_FILE).write_text("movieId,title,genres\n" + "".join(lines))
    return saved


@pytest.fixture
def model(saved: Path, tmp_path: Path) -> standard_artifacts.Model:
    shutil.copytree(saved, tmp_path / "model" / "Format-Serving")
    artifact = standard_artifacts.Model()
    artifact.uri = str(tmp_path / "model")
    return artifact


def recommended(
    model: standard_artifacts.Model, histories: list[list[float]], tmp_path: Path
) -> standard_artifacts.String:
    """What the node writes of users with these ratings of the first movies, latest first."""
    folder = tmp_path / "examples" / "Split-test"
    folder.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(folder / "data-0.gz"), "GZIP") as writer:
        for user, ratings in enumerate(histories, start=1):
            history: dict[str, Any] = {
                features.HISTORY_MOVIE_IDS: MOVIE_IDS[: len(ratings)],
                features.HISTORY_RATINGS: ratings,
            }
            row = serialized(rating_row(user, 60, 3.0, **history))
            writer.write(row)
            writer.write(row)  # a user has several test ratings
    examples = standard_artifacts.Examples()
    examples.uri = str(folder.parent)
    examples.split_names = artifact_utils.encode_split_names(["test"])
    made = standard_artifacts.String()
    made.uri = str(tmp_path / "recommended")
    Executor().Do({"model": [model], "examples": [examples]}, {"recommended": [made]}, {})
    return made


def test_a_few_users_are_shown_with_what_they_liked_and_get(
    model: standard_artifacts.Model, tmp_path: Path
) -> None:
    histories = [[5.0, 2.0, 4.0], [], [3.0]]
    found = json.loads(recommended(model, histories, tmp_path).read())
    assert [(each["user_id"], each["ratings"]) for each in found["users"]] == [
        (2, 0),
        (3, 1),
        (1, 3),
    ]
    assert found["users"][2]["liked"] == [
        {"movie_id": 10, "title": "Movie, 10", "rating": 5.0},
        {"movie_id": 30, "title": "Movie, 30", "rating": 4.0},
    ]
    listed = [each["movie_id"] for each in found["users"][0]["recommended"]]
    assert listed == MOVIE_IDS
    assert found["popularity"]["users"] == 3
    assert found["popularity"]["coverage"] == pytest.approx(5 / 6)


def test_a_fault_is_told_and_does_not_fail_the_run(
    model: standard_artifacts.Model, tmp_path: Path
) -> None:
    shutil.rmtree(model.uri)
    made = recommended(model, [[5.0]], tmp_path)
    assert json.loads(made.read())["problem"].startswith("NotFoundError: ")
    assert made.get_string_custom_property(PROBLEM_PROPERTY) == "NotFoundError"


def test_a_split_without_ratings_is_told(model: standard_artifacts.Model, tmp_path: Path) -> None:
    found = json.loads(recommended(model, [], tmp_path).read())
    assert found["problem"].startswith("ValueError: No test example to take users from")

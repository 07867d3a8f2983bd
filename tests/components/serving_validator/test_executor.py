import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from components.atomic_pusher.executor import Executor as Pusher
from components.serving_validator.executor import Executor
from components.serving_validator.settings import CanarySettings
from tests.components.serving_validator.toy_candidates import eval_rows
from tests.support.pushing import bless, push_arguments


@pytest.fixture
def model(sound: Path, tmp_path: Path) -> Path:
    """The folder of a Model artifact with a copy of the sound candidate."""
    shutil.copytree(sound / "1", tmp_path / "model" / "Format-Serving")
    return tmp_path / "model"


def examples_of(folder: Path, rows: list[bytes]) -> standard_artifacts.Examples:
    (folder / "Split-eval").mkdir(parents=True)
    path = str(folder / "Split-eval" / "data_tfrecord-00000-of-00001.gz")
    with tf.io.TFRecordWriter(path, "GZIP") as writer:
        for row in rows:
            writer.write(row)
    examples = standard_artifacts.Examples()
    examples.uri = str(folder)
    examples.split_names = artifact_utils.encode_split_names(["eval"])
    return examples


def run_canary(model: Path, rows: list[bytes], **settings: Any) -> standard_artifacts.InfraBlessing:
    candidate, blessing = standard_artifacts.Model(), standard_artifacts.InfraBlessing()
    candidate.uri, blessing.uri = str(model), str(model.parent / "blessing")
    examples = examples_of(model.parent / "examples", rows)
    Executor().Do(
        {"model": [candidate], "examples": [examples]},
        {"blessing": [blessing]},
        {"settings": CanarySettings(**settings).model_dump_json()},
    )
    return blessing


def push(model: Path, blessing: standard_artifacts.InfraBlessing) -> list[Path]:
    """Pushes a model that the Evaluator has blessed; gives the versions that are served then."""
    served = model.parent / "served"
    arguments = push_arguments(model, model.parent / "pushed", served)
    arguments["input_dict"]["infra_blessing"] = [blessing]
    bless(arguments)
    Pusher().Do(**arguments)
    return list(served.iterdir()) if served.exists() else []


def test_a_sound_model_is_blessed_and_pushed(model: Path) -> None:
    before = sorted(path.relative_to(model) for path in model.rglob("*"))
    blessing = run_canary(model, eval_rows(100), requests=3)
    assert blessing.get_int_custom_property("blessed") == 1
    names = {path.name for path in Path(blessing.uri).iterdir()}
    assert names == {"INFRA_BLESSED", "canary.json", "server.log"}
    report = json.loads((Path(blessing.uri) / "canary.json").read_text())
    assert (report["findings"], report["requests"]) == ([], 3 * 5)
    assert "candidate version 1 is AVAILABLE" in (Path(blessing.uri) / "server.log").read_text()
    assert sorted(path.relative_to(model) for path in model.rglob("*")) == before
    assert len(push(model, blessing)) == 1


def test_a_broken_model_is_refused_and_not_pushed(model: Path) -> None:
    (model / "Format-Serving" / "saved_model.pb").write_bytes(b"no graph at all")
    blessing = run_canary(model, eval_rows(1))
    assert blessing.get_int_custom_property("blessed") == 0
    names = {path.name for path in Path(blessing.uri).iterdir()}
    assert names == {"INFRA_NOT_BLESSED", "canary.json", "server.log"}
    report = json.loads((Path(blessing.uri) / "canary.json").read_text())
    assert [finding["subject"] for finding in report["findings"]] == ["saved_model.pb"]
    assert push(model, blessing) == []


def test_without_a_rating_to_ask_about_nothing_is_said_of_the_model(model: Path) -> None:
    with pytest.raises(ValueError, match=r"split 'eval', which holds no example.*Split-eval"):
        run_canary(model, [])
    assert not (model.parent / "blessing").exists()

import json
from pathlib import Path
from typing import Any

import pytest
from tfx.types import artifact_utils, standard_artifacts

from components.anomaly_gate.anomalies import DataAnomaliesError
from components.anomaly_gate.executor import Executor

TOLERATED = json.dumps({"genres": ["ENUM_TYPE_UNEXPECTED_STRING_VALUES"]})


def run_gate(tmp_path: Path, found_by_split: dict[str, Any]) -> list[dict[str, str]]:
    anomalies = standard_artifacts.ExampleAnomalies()
    anomalies.uri = str(tmp_path / "anomalies")
    anomalies.split_names = artifact_utils.encode_split_names(list(found_by_split))
    for split, found in found_by_split.items():
        folder = tmp_path / "anomalies" / f"Split-{split}"
        folder.mkdir(parents=True)
        (folder / "SchemaDiff.pb").write_bytes(found.SerializeToString())
    notes = standard_artifacts.String()
    notes.uri = str(tmp_path / "notes")
    Executor().Do(
        {"anomalies": [anomalies]}, {"notes": [notes]}, {"tolerated": TOLERATED, "remedy": "Mend"}
    )
    read: list[dict[str, str]] = json.loads(Path(notes.uri).read_text())
    return read


def test_sound_data_pass_without_a_note(tmp_path: Path, validate: Any) -> None:
    assert run_gate(tmp_path, {"train": validate(), "test": validate()}) == []


def test_an_anomaly_in_any_split_stops_the_run(tmp_path: Path, validate: Any) -> None:
    found = {"train": validate(), "test": validate(rating=[[0.5], [11.0]])}
    with pytest.raises(DataAnomaliesError, match="feature `rating` of split test"):
        run_gate(tmp_path, found)


def test_a_new_genre_passes_with_a_note(tmp_path: Path, validate: Any) -> None:
    (note,) = run_gate(tmp_path, {"train": validate(genres=[[b"Polka"], []])})
    assert (note["feature"], note["split"]) == ("genres", "train")
    assert "Polka" in note["received"]

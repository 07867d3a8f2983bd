"""Artifacts that tell what was learned from, and what is judged by."""

import json
from pathlib import Path

from tfx.types import standard_artifacts

from components.movielens_example_gen.component import IngestReport


def recorded_model(folder: Path, learned_until: int | None, **by_split: int) -> object:
    """A model with its record; without one where None."""
    artifact = standard_artifacts.Model()
    artifact.uri = str(folder)
    beside = folder / "Format-Serving" / "assets.extra"
    beside.mkdir(parents=True)
    if learned_until is not None:
        record = {"model": "mf", "objective": "mse", "learned_until": {"train": learned_until}}
        record["learned_until"] |= by_split
        (beside / "training_record.json").write_text(json.dumps(record))
    return artifact


def ingest_report(folder: Path, **first_rated: int) -> object:
    """The report of an ingest whose splits begin at these times."""
    artifact = IngestReport()
    artifact.uri = str(folder)
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(json.dumps({"first_rated": first_rated}))
    return artifact

"""The runs of an output folder, as their `report/<run id>/run.json` tells them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

REPORT_FOLDER: Final = "report"
RUN_FILE: Final = "run.json"
RUN_PAGE: Final = "index.html"


@dataclass(frozen=True, kw_only=True)
class RecordedRun:
    """A run that has ended, whatever its end."""

    folder: Path  # of its report
    values: Mapping[str, Any]  # what `pipeline.run.record.Run.to_report` gives

    @property
    def run_id(self) -> str:
        """Its name."""
        return str(self.values["run_id"])

    @property
    def version(self) -> int | None:
        """The version that it pushed; None if it pushed none."""
        version: int | None = self.values["pushed_version"]
        return version

    @property
    def name(self) -> str:
        """Its name with its model and version, for people."""
        model = f"{self.values['model']}, {self.values['objective']}"
        version = "nothing pushed" if self.version is None else f"version {self.version}"
        return f"{self.run_id} ({model}, {version})"

    @property
    def options(self) -> dict[str, Any]:
        """The options that decide what a run computes, by dotted name."""
        return flat(self.values["options"])

    def artifact(self, node_id: str, key: str) -> Mapping[str, Any] | None:
        """The artifact of a node's output, `{"uri", "id", "fingerprint"}`; None without one."""
        artifacts = self.values["artifacts"].get(node_id, {}).get(key) or [None]
        artifact: Mapping[str, Any] | None = artifacts[0]
        return artifact


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Joins the names of nested tables by dots.

    >>> flat({"trainer": {"model": "mf", "units": [8]}})
    {'trainer.model': 'mf', 'trainer.units': [8]}
    """
    joined: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            joined |= flat(value, f"{prefix}{name}.")
        else:
            joined[f"{prefix}{name}"] = value
    return joined


def run_folder(output: Path, run_id: str) -> Path:
    """The folder of a run's report."""
    return output / REPORT_FOLDER / run_id


def read_runs(output: Path) -> list[RecordedRun]:
    """Reads all runs that have ended, in the order of their ends."""
    runs = [
        RecordedRun(folder=file.parent, values=json.loads(file.read_text(encoding="utf-8")))
        for file in output.glob(f"{REPORT_FOLDER}/*/{RUN_FILE}")
    ]
    return sorted(runs, key=lambda run: (str(run.values["time"]), run.run_id))


def find_run(runs: Sequence[RecordedRun], name: str) -> RecordedRun:
    """Returns the run of this id, or the last that pushed this version.

    Raises:
        LookupError: There is none.
    """
    for run in reversed(runs):
        if name == run.run_id or (run.version is not None and name == str(run.version)):
            return run
    known = ", ".join(run.run_id for run in runs[-5:]) or "none"
    raise LookupError(
        f"No run or pushed version {name!r}. The last runs are: {known}. `movielens history` "
        "lists all of them."
    )

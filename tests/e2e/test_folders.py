"""Output folders that somebody has copied, and deleted things from."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.store.connection import open_store
from tests.e2e.conftest import QUICK, Installation

pytestmark = pytest.mark.e2e


@pytest.fixture
def copied(installation: Installation, tmp_path: Path) -> Installation:
    """A copy of the output folder, with blanks and other letters than English ones in its path."""
    output = tmp_path / "Kopie für 日本" / "output"
    shutil.copytree(installation.output, output)
    return dataclasses.replace(installation, output=output)


def test_a_copied_folder_goes_on_from_what_is_in_it(
    installation: Installation, copied: Installation
) -> None:
    process = copied.run()
    assert process.returncode == 0, process.stderr
    assert f"the output folder was in {installation.output} before" in process.stderr
    assert copied.executed() == {"BaselineResolver"}
    assert copied.versions() == installation.versions()
    store = open_store(load_config(output=str(copied.output)))
    assert all(each.uri.startswith(f"{copied.output}/") for each in store.get_artifacts())


def test_a_run_recovers_from_what_was_deleted_to_free_the_disk(copied: Installation) -> None:
    (model,) = (copied.output / "pipeline_root" / "Trainer" / "model").iterdir()
    for node in ("ExampleValidator", "Trainer"):
        shutil.rmtree(copied.output / "pipeline_root" / node)
    process = copied.run(*QUICK)
    assert process.returncode == 0, process.stderr
    assert f"no earlier blessed model; left out, for its files are gone: {model}" in process.stderr
    assert {"ExampleValidator", "Trainer", "Evaluator", "Pusher"} < copied.executed()
    assert copied.states()["Transform"] == "cached"

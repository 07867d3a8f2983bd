from pathlib import Path
from typing import Any

import pytest

from pipeline.config import load_config
from pipeline.store.connection import open_store
from tests.support.recorded_runs import RecordedRuns


@pytest.fixture
def store(tmp_path: Path) -> Any:
    return open_store(load_config(output=str(tmp_path)))


@pytest.fixture
def runs(store: Any, tmp_path: Path) -> RecordedRuns:
    """The runs of the pipeline `movielens`, none as yet."""
    return RecordedRuns(store, "movielens", tmp_path / "pipeline_root")


@pytest.fixture
def others(store: Any, tmp_path: Path) -> RecordedRuns:
    """The runs of another pipeline in the same store, none as yet."""
    return RecordedRuns(store, "others", tmp_path / "others_root")

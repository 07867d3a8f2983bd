from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.serving_validator.canary import examine
from components.serving_validator.report import CanaryReport
from components.serving_validator.settings import CanarySettings
from tests.components.serving_validator.toy_candidates import eval_rows, save_candidate

Examine = Callable[..., CanaryReport]


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """Where a test saves its candidate; not made yet."""
    return tmp_path / "versions"


@pytest.fixture
def examine_candidate(versions: Path, tmp_path: Path) -> Examine:
    """Has the canary try the candidate in `versions`."""

    def run(rows: int = 4, **bounds: Any) -> CanaryReport:
        log = tmp_path / "server.log"
        return examine(versions, eval_rows(rows), CanarySettings(**bounds), log)

    return run


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sound candidate as its one version; nobody changes it."""
    versions = tmp_path_factory.mktemp("sound") / "versions"
    save_candidate(versions)
    return versions

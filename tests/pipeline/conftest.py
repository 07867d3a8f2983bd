from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.store.connection import open_store
from tests.support.pushed_versions import PushedVersions


@pytest.fixture
def versions(tmp_path: Path) -> PushedVersions:
    """Runs that push versions, none as yet."""
    config = load_config(output=str(tmp_path))
    return PushedVersions(open_store(config), config)

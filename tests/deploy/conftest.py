"""Linters of what `deploy/` holds, which nothing but its tests needs."""

import subprocess
import sys
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parent / "linters.txt"


@pytest.fixture(scope="session")
def linters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the linters: programs in `bin`, modules beside it."""
    folder = tmp_path_factory.mktemp("linters")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--require-hashes", "--target", str(folder)),
            *("--requirement", str(REQUIREMENTS)),
        ],
        check=True,
    )
    return folder

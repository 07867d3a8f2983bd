"""The SavedModels of `build_models.py`, built once for all tests that need them."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path


@cache
def toy_models(folder: Path) -> Path:
    """Builds the models in a process of its own, which may import TensorFlow."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "TF_CPP_MIN_LOG_LEVEL": "2"}
    folder.mkdir()
    built = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("build_models.py")), str(folder)],
        env=environment,
        check=False,  # the assertion below shows the script's own error
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return folder

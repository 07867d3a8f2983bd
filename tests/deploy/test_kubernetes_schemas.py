"""The manifests against the schemas of the Kubernetes API, as kubeconform does, but offline."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.systems

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
# Not a resource of the API: what applies the others.
KUSTOMIZATION = "kustomization.yaml"
MANIFESTS = sorted(path for path in FOLDER.glob("*.yaml") if path.name != KUSTOMIZATION)
OLDEST, NEWEST = "1.30", "1.37"


def check(linters: Path, manifest: Path, version: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kubernetes_validate", "--strict", "-k", version, str(manifest)],
        check=False,
        env=os.environ | {"PYTHONPATH": str(linters)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.stem)
def test_a_manifest_is_what_the_api_takes(linters: Path, manifest: Path, version: str) -> None:
    done = check(linters, manifest, version)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_misspelt_field_is_found(linters: Path, tmp_path: Path) -> None:
    text = (FOLDER / "deployment.yaml").read_text()
    broken = tmp_path / "deployment.yaml"
    broken.write_text(text.replace("readinessProbe:", "readynessProbe:"))
    done = check(linters, broken, NEWEST)
    assert done.returncode != 0
    assert "readynessProbe" in done.stdout + done.stderr

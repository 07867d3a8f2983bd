"""The manifests against the schemas of the Kubernetes API, as kubeconform does, but offline."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
# Not a resource of the API: what applies the others.
KUSTOMIZATION = "kustomization.yaml"
MANIFESTS = sorted(path for path in FOLDER.glob("*.yaml") if path.name != KUSTOMIZATION)
OLDEST, NEWEST = "1.30", "1.37"


def check(manifest: Path, version: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kubernetes_validate", "--strict", "-k", version, str(manifest)],
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.stem)
def test_a_manifest_is_what_the_api_takes(manifest: Path, version: str) -> None:
    done = check(manifest, version)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_misspelt_field_is_found(tmp_path: Path) -> None:
    text = (FOLDER / "deployment.yaml").read_text()
    broken = tmp_path / "deployment.yaml"
    broken.write_text(text.replace("readinessProbe:", "readynessProbe:"))
    done = check(broken, NEWEST)
    assert done.returncode != 0
    assert "readynessProbe" in done.stdout + done.stderr

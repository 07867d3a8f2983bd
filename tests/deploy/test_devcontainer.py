"""The container for machines without TFX's wheels: editor, README and production agree on it."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTAINER = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))


def test_the_readme_runs_the_same_image_on_the_same_platform() -> None:
    (line,) = re.findall(r"^ +(docker run .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert f" {CONTAINER['image']} make run" in line
    assert CONTAINER["runArgs"] == ["--platform=linux/amd64"]
    assert "--platform linux/amd64" in line


def test_it_is_of_the_release_that_production_has() -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert f"FROM {CONTAINER['image'].replace('-', '-slim-')}\n" in dockerfile


def test_it_is_set_up_by_a_target_of_make() -> None:
    target = CONTAINER["postCreateCommand"].removeprefix("make ")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)

"""`deploy/Dockerfile`: linted, and carried out step by step where no Docker is needed.

The steps are read from the file, so that it and this test cannot part: copies and commands of the
build stage are done as they stand, with folders of the test in the place of `/src` and `/opt/venv`.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
ABSOLUTE = ("/src", "/opt/venv")
# For the same result sooner: a cache and links where there is one file system and one user.
QUICKER = {"UV_COMPILE_BYTECODE": "0", "UV_LINK_MODE": "hardlink", "UV_NO_CACHE": "0"}


def instructions() -> Iterator[tuple[str, str]]:
    """Name and argument of each instruction, continuation lines joined."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, argument = line.partition(" ")
            yield name, argument


def stages() -> list[list[tuple[str, str]]]:
    result: list[list[tuple[str, str]]] = []
    for name, argument in instructions():
        if name == "FROM":
            result.append([])
        result[-1].append((name, argument))
    return result


class Build:
    """A build stage in a folder.

    Args:
        folder: stands for the container's root.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workdir = folder
        subprocess.run([sys.executable, "-m", "venv", str(folder / "python")], check=True)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL"))}
        self.environment = inherited | {"PATH": f"{folder / 'python' / 'bin'}:/usr/bin:/bin"}

    def do(self, name: str, argument: str) -> None:
        if name == "ENV":
            self.environment |= dict(each.split("=", 1) for each in shlex.split(argument)) | QUICKER
        elif name == "WORKDIR":
            self.workdir = self.folder / argument.lstrip("/")
            self.workdir.mkdir(parents=True)
        elif name == "COPY":
            self._copy(*shlex.split(argument))
        elif name == "RUN":
            command = self._moved(argument)
            subprocess.run(
                ["/bin/bash", "-euc", command], check=True, cwd=self.workdir, env=self.environment
            )
        else:
            assert name == "FROM", f"the test knows no {name}"

    def _copy(self, *paths: str) -> None:
        *sources, target = paths
        for source in sources:
            assert f"!{source.split('/')[0]}" in (ROOT / ".dockerignore").read_text().splitlines()
            to = self.workdir / target
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, to)
                continue
            to = to / Path(source).name if target.endswith("/") else to
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / source, to)

    def _moved(self, command: str) -> str:
        for path in ABSOLUTE:
            command = command.replace(path, str(self.folder / path.lstrip("/")))
        return command


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `/opt/venv` of the image."""
    build = Build(tmp_path_factory.mktemp("image"))
    for name, argument in stages()[0]:
        build.do(name, argument)
    return build.folder / "opt" / "venv"


def in_image(image: Path, *command: str, cwd: Path) -> str:
    done = subprocess.run(
        [str(image / "bin" / command[0]), *command[1:]],
        check=False,
        cwd=cwd,
        env={"PATH": f"{image / 'bin'}:/usr/bin:/bin", "TF_CPP_MIN_LOG_LEVEL": "2"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_it_has_no_lint() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("hadolint")), str(DOCKERFILE)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_container_is_not_root_and_starts_the_command_line() -> None:
    last = dict(stages()[-1])
    assert int(last["USER"]) > 0
    assert json.loads(last["ENTRYPOINT"]) == ["movielens"]
    assert ("COPY", "--from=build /opt/venv /opt/venv") in stages()[-1]
    assert last["ENV"].startswith("PATH=/opt/venv/bin:")


def test_both_stages_start_from_the_same_python() -> None:
    images = {stage[0][1].split(" ")[0] for stage in stages()}
    assert len(images) == 1


@pytest.mark.systems
@pytest.mark.timeout(1200)
def test_the_environment_fits_the_pipeline(image: Path, tmp_path: Path) -> None:
    told = json.loads(in_image(image, "movielens", "doctor", "--json", cwd=tmp_path))
    assert told["fits"]
    unmet = [check for check in told["checks"] if check["essential"] and not check["fits"]]
    assert unmet == []


@pytest.mark.systems
@pytest.mark.timeout(1200)
def test_the_package_is_the_image_s_own(image: Path, tmp_path: Path) -> None:
    path = in_image(
        image, "python", "-c", "import pipeline; print(pipeline.__file__)", cwd=tmp_path
    )
    assert Path(path.strip()).is_relative_to(image)
    packages = Path(path.strip()).parents[1]
    for data in (
        "pipeline/schema/schema.pbtxt",
        "report/templates/run.html",
        "web/templates/layout.html",
        "web/static/style.css",
    ):
        assert (packages / data).is_file()


@pytest.mark.systems
@pytest.mark.timeout(1200)
def test_the_program_of_kubeflow_s_containers_starts(image: Path, tmp_path: Path) -> None:
    told = in_image(
        image, "python", "-m", "pipeline.runners.kubeflow_entrypoint", "--help", cwd=tmp_path
    )
    assert "--resolve_span" in told

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from components.atomic_pusher.version_folder import (
    NoHigherVersionError,
    next_version,
    push_version,
    remove_version,
    served_version,
    unservable_names,
    versions,
)
from serving.server.models.versions import ModelSource, VersionPolicy
from serving.versions import MAX_VERSION

ROOT = Path(__file__).parents[3]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables" / "variables.index").write_bytes(b"weights")
    return folder


@pytest.fixture
def served(tmp_path: Path) -> Path:
    return tmp_path / "serving_model" / "movielens"


def test_a_pushed_version_is_a_whole_copy_named_by_the_time(model: Path, served: Path) -> None:
    assert push_version(model, served, now=1732.9) == served / "1732"
    assert (served / "1732" / "saved_model.pb").read_bytes() == b"graph"
    assert (served / "1732" / "variables" / "variables.index").read_bytes() == b"weights"
    assert [child.name for child in served.iterdir()] == ["1732"]


def test_a_new_version_is_above_all_others_even_when_the_clock_was_set_back(
    model: Path, served: Path
) -> None:
    push_version(model, served, now=2000)
    assert push_version(model, served, now=1000).name == "2001"
    assert push_version(model, served, now=2001).name == "2002"
    assert versions(served) == [2000, 2001, 2002]


def test_names_that_are_no_versions_are_ignored(served: Path) -> None:
    for name in ("7", "notes", "unfinished-99", "9" * 20, "8.5"):
        (served / name).mkdir(parents=True)
    assert versions(served) == [7]
    assert next_version(served, now=5.0) == 8


@pytest.mark.parametrize(
    ("name", "following"),
    [("7", 8), ("007", 8), ("+7", 8), (" 7 ", 8), ("-7", 5), ("9" * 20, 5), ("\u0667", 5)],
)
@pytest.mark.parametrize("kind", ["folder", "file", "link to nowhere"])
def test_the_new_version_is_above_all_that_a_server_takes_for_one(
    served: Path, name: str, following: int, kind: str
) -> None:
    served.mkdir(parents=True)
    make = {"folder": Path.mkdir, "file": Path.touch}
    make.get(kind, lambda path: path.symlink_to("nowhere"))(served / name)
    source = ModelSource(name="movielens", base_path=served, policy=VersionPolicy(all={}))
    assert versions(served) == sorted(source.scan())
    assert next_version(served, now=5.0) == following


def test_above_the_highest_version_there_is_no_other(model: Path, served: Path) -> None:
    (served / str(MAX_VERSION)).mkdir(parents=True)
    message = rf"above {served}/{MAX_VERSION}: .* Move it out of the folder and push again"
    with pytest.raises(NoHigherVersionError, match=message):
        push_version(model, served, now=5)
    assert [child.name for child in served.iterdir()] == [str(MAX_VERSION)]


def test_the_served_version_is_the_highest_that_holds_a_model(model: Path, served: Path) -> None:
    assert served_version(served) is None
    for now in (1, 3):
        push_version(model, served, now=now)
    (served / "4").symlink_to(model)
    (served / "5").mkdir()
    (served / "6").touch()
    (served / "7").symlink_to("nowhere")
    (served / ("9" * 20)).mkdir()
    (served / "notes").mkdir()
    assert served_version(served) == 4
    assert unservable_names(served) == ["5", "6", "7", "9" * 20]
    (served / "4").unlink()
    with pytest.raises(ValueError, match=r"not served\. Received: 3"):
        remove_version(served, 3)


def test_a_copy_that_fails_leaves_what_was_served(
    model: Path, served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push_version(model, served, now=1)

    def full_disk(source: Path, target: Path) -> None:
        target.mkdir()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", full_disk)
    with pytest.raises(OSError, match="No space left"):
        push_version(model, served, now=2)
    assert [child.name for child in served.iterdir()] == ["1"]


def test_a_push_killed_at_any_file_leaves_no_number_and_the_next_one_tidies_up(
    model: Path, served: Path
) -> None:
    code = (
        "import os, shutil, signal, sys\n"
        "from pathlib import Path\n"
        "from components.atomic_pusher import version_folder\n"
        "copied = []\n"
        "def copy(source, target):\n"
        "    Path(target).mkdir()\n"
        "    shutil.copy(source / 'saved_model.pb', target)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "shutil.copytree = copy\n"
        "version_folder.push_version(Path(sys.argv[1]), Path(sys.argv[2]), now=5)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, str(model), str(served)], cwd=ROOT, check=False
    )
    assert killed.returncode == -9
    assert [child.name for child in served.iterdir()] == ["unfinished-5"]
    assert versions(served) == []
    push_version(model, served, now=6)
    assert [child.name for child in served.iterdir()] == ["6"]


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, served: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"saved_model\.pb.*Received: {tmp_path}"):
        push_version(tmp_path, served, now=1)
    assert not served.exists()


def test_files_are_on_the_disk_before_the_name_is(
    model: Path, served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[bool] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        flushed.append((served / "3").exists())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    push_version(model, served, now=3)
    # saved_model.pb, variables/, variables.index and the folder itself; then the parent's entry.
    assert flushed == [False, False, False, False, True]


def test_an_old_version_is_taken_out_and_the_served_one_never(model: Path, served: Path) -> None:
    for now in (1, 2):
        push_version(model, served, now=now)
    remove_version(served, 1)
    remove_version(served, 1)  # gone already
    assert [child.name for child in served.iterdir()] == ["2"]
    with pytest.raises(ValueError, match=r"not served\. Received: 2"):
        remove_version(served, 2)
    assert versions(served) == [2]


def test_what_a_killed_removal_left_is_seen_by_nobody_and_goes_with_the_next_push(
    model: Path, served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for now in (1, 2):
        push_version(model, served, now=now)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", _killed)
        with pytest.raises(KeyboardInterrupt):
            remove_version(served, 1)
    assert versions(served) == [2]
    push_version(model, served, now=3)
    assert sorted(child.name for child in served.iterdir()) == ["2", "3"]


def test_two_that_push_at_once_come_one_after_the_other(model: Path, served: Path) -> None:
    with ThreadPoolExecutor() as pool:
        pushed = list(pool.map(lambda _: push_version(model, served, now=7), range(4)))
    assert sorted(int(folder.name) for folder in pushed) == [7, 8, 9, 10]


def _killed(*_args: object, **_kwargs: object) -> None:
    raise KeyboardInterrupt

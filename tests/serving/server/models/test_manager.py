"""The manager's promises, with models that only note what is done to them."""

import shutil
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import grpc
import pytest

from serving.server.models.manager import ServableManager
from serving.server.models.versions import ModelSource, VersionPolicy
from serving.server.status import StatusError

Manage = Callable[..., ServableManager]

PATIENCE_SECONDS = 10.0


class FakeModel:
    def __init__(self, version: int) -> None:
        self.version = version
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


class FakeLoader:
    """Loads nothing; fails for the versions that it is told to."""

    def __init__(self, failing: Iterable[int] = ()) -> None:
        self.failing = set(failing)
        self.attempts: list[int] = []

    def __call__(self, path: Path) -> Any:
        version = int(path.name)
        self.attempts.append(version)
        if version in self.failing:
            raise StatusError(grpc.StatusCode.DATA_LOSS, f"version {version} is broken")
        return FakeModel(version)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "m" / "1").mkdir(parents=True)
    return tmp_path / "m"


@pytest.fixture
def manage(folder: Path) -> Manage:
    """Makes a manager of `folder` that scans and retries at every tick; the tests are its clock."""

    def make(
        load: Callable[[Path], Any], *, policy: VersionPolicy | None = None, **options: Any
    ) -> ServableManager:
        options = {"poll_seconds": 1e-9, "max_load_retries": 2, "retry_seconds": 0.0, **options}
        source = ModelSource("m", folder, policy or VersionPolicy())
        return ServableManager([source], load, **options)

    return make


@pytest.fixture
def serving(manage: Manage) -> ServableManager:
    """A manager that serves version 1."""
    manager = manage(FakeLoader())
    manager.tick()
    return manager


def tick(manager: ServableManager, times: int = 10) -> None:
    for _ in range(times):
        manager.tick()


def states(manager: ServableManager) -> dict[int, str]:
    return {version: s.state.name for version, s in manager.versions("m").items()}


def test_first_version_is_served(serving: ServableManager) -> None:
    assert serving.wait_until_serving(0)
    assert serving.failures() == []
    with serving.lend("m", None) as (model, version):
        assert (model.version, version) == (1, 1)


def test_a_started_manager_ticks_by_itself(manage: Manage) -> None:
    manager = manage(FakeLoader())
    manager.start()
    assert manager.wait_until_serving(PATIENCE_SECONDS)
    manager.stop()
    assert states(manager) == {1: "END"}


def test_model_in_use_is_closed_only_after_its_request(
    serving: ServableManager, folder: Path
) -> None:
    with serving.lend("m", None) as (model, _):
        (folder / "2").mkdir()
        tick(serving)
        assert states(serving) == {1: "UNLOADING", 2: "AVAILABLE"}
        assert not model.is_closed
        with serving.lend("m", None) as (_, version):
            assert version == 2
    tick(serving)
    assert states(serving) == {1: "END", 2: "AVAILABLE"}
    assert model.is_closed


def test_version_that_is_unloading_takes_no_new_request(
    serving: ServableManager, folder: Path
) -> None:
    with serving.lend("m", None):
        (folder / "2").mkdir()
        tick(serving)
        assert states(serving)[1] == "UNLOADING"
        with pytest.raises(StatusError, match=r"Specific\(m, 1\)"), serving.lend("m", 1):
            pass


def test_failing_load_is_repeated_and_then_given_up(manage: Manage) -> None:
    loader = FakeLoader(failing=[1])
    manager = manage(loader)
    tick(manager)
    assert manager.wait_until_serving(0)
    (failed,) = manager.failures()
    assert (failed.state.name, failed.error.message) == ("END", "version 1 is broken")
    assert loader.attempts == [1, 1, 1]  # the first and two retries


def test_load_that_succeeds_at_last_leaves_no_error(manage: Manage) -> None:
    loader = FakeLoader(failing=[1])
    manager = manage(loader)
    tick(manager, 2)
    assert states(manager) == {1: "LOADING"}
    loader.failing.clear()
    tick(manager, 1)
    assert states(manager) == {1: "AVAILABLE"}
    assert manager.versions("m")[1].error is None


def test_retry_waits_for_its_time(manage: Manage) -> None:
    loader = FakeLoader(failing=[1])
    manager = manage(loader, retry_seconds=3600.0)
    tick(manager)
    assert loader.attempts == [1]


def test_deleting_a_failing_version_ends_its_retries(manage: Manage, folder: Path) -> None:
    loader = FakeLoader(failing=[2])
    manager = manage(loader)
    manager.tick()
    (folder / "2").mkdir()
    manager.tick()
    (folder / "2").rmdir()
    tick(manager)
    assert loader.attempts == [1, 2]
    assert states(manager) == {1: "AVAILABLE", 2: "END"}


def test_given_up_version_is_tried_again_only_after_it_was_removed(
    manage: Manage, folder: Path
) -> None:
    loader = FakeLoader(failing=[2])
    manager = manage(loader)
    manager.tick()
    (folder / "2").mkdir()
    tick(manager)
    loader.failing.clear()
    tick(manager)
    assert states(manager) == {1: "AVAILABLE", 2: "END"}
    (folder / "2").rmdir()
    tick(manager)
    (folder / "2").mkdir()
    tick(manager)
    assert states(manager) == {1: "END", 2: "AVAILABLE"}


def test_empty_folder_unloads_everything(serving: ServableManager, folder: Path) -> None:
    (folder / "1").rmdir()
    tick(serving)
    assert states(serving) == {1: "END"}
    with pytest.raises(StatusError, match=r"Latest\(m\)"), serving.lend("m", None):
        pass


def test_missing_folder_changes_nothing_and_is_logged_once(
    serving: ServableManager, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(folder)
    tick(serving)
    assert states(serving) == {1: "AVAILABLE"}
    problems = [line for line in caplog.messages if "Could not find base path" in line]
    assert len(problems) == 1
    assert str(folder) in problems[0]


def test_two_latest_versions_are_served_side_by_side(manage: Manage, folder: Path) -> None:
    for version in ("2", "3"):
        (folder / version).mkdir()
    manager = manage(FakeLoader(), policy=VersionPolicy(latest={"num_versions": 2}))
    tick(manager)
    assert states(manager) == {2: "AVAILABLE", 3: "AVAILABLE"}
    with manager.lend("m", 2) as (model, _):
        assert model.version == 2


def test_poll_of_zero_scans_once(manage: Manage, folder: Path) -> None:
    manager = manage(FakeLoader(), poll_seconds=0)
    manager.tick()
    (folder / "2").mkdir()
    tick(manager)
    assert states(manager) == {1: "AVAILABLE"}


def test_stop_waits_for_the_request_in_flight_and_closes_the_model(manage: Manage) -> None:
    manager = manage(FakeLoader())
    manager.start()
    assert manager.wait_until_serving(PATIENCE_SECONDS)
    with manager.lend("m", None) as (model, _):
        stopping = threading.Thread(target=manager.stop)
        stopping.start()
        stopping.join(0.2)
        assert stopping.is_alive()
        assert not model.is_closed
    stopping.join(PATIENCE_SECONDS)
    assert model.is_closed
    assert states(manager) == {1: "END"}


def test_unexpected_failure_of_a_load_is_reported_like_any_other(manage: Manage) -> None:
    def load(_path: Path) -> None:
        raise PermissionError("no right to read the model")

    manager = manage(load)
    tick(manager)
    (failed,) = manager.failures()
    assert failed.error.code is grpc.StatusCode.UNKNOWN
    assert "no right to read the model" in failed.error.message

"""The manager's promises, with models that only note what is done to them."""

import shutil
import threading
import time
from pathlib import Path

import grpc
import pytest

from serving.server.models.manager import ManagerOptions, ServableManager
from serving.server.models.versions import LatestVersions, ModelSource
from serving.server.status import StatusError

QUICK = ManagerOptions(poll_seconds=0.01, max_load_retries=2, retry_seconds=0.01)
PATIENCE_SECONDS = 10.0


class FakeModel:
    def __init__(self, version):
        self.version = version
        self.is_closed = False

    def close(self):
        self.is_closed = True


class FakeLoader:
    """Loads nothing; fails for the versions that it is told to."""

    def __init__(self, failing=()):
        self.failing = set(failing)
        self.attempts = []

    def __call__(self, path: Path) -> FakeModel:
        version = int(path.name)
        self.attempts.append(version)
        if version in self.failing:
            raise StatusError(grpc.StatusCode.DATA_LOSS, f"version {version} is broken")
        return FakeModel(version)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "m" / "1").mkdir(parents=True)
    return tmp_path / "m"


@pytest.fixture
def manage(folder):
    """Starts managers on `folder`; they stop with the test."""
    started = []

    def start(loader, *, options=QUICK, **source):
        sources = [ModelSource(name="m", base_path=folder, **source)]
        manager = ServableManager(sources, load=loader, options=options)
        manager.start()
        started.append(manager)
        return manager

    yield start
    for manager in started:
        manager.stop()


def states(manager):
    return {version: s.state.name for version, s in manager.versions("m").items()}


def wait_until(holds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.01)


def test_first_version_is_served(manage):
    manager = manage(FakeLoader())
    assert manager.wait_until_serving(PATIENCE_SECONDS)
    assert manager.failures() == []
    with manager.lend("m", None) as (model, version):
        assert (model.version, version) == (1, 1)


def test_model_in_use_is_closed_only_after_its_request(manage, folder):
    manager = manage(FakeLoader())
    manager.wait_until_serving(PATIENCE_SECONDS)
    with manager.lend("m", None) as (model, _):
        (folder / "2").mkdir()
        wait_until(lambda: states(manager) == {1: "UNLOADING", 2: "AVAILABLE"})
        time.sleep(0.3)  # several ticks
        assert not model.is_closed
        with manager.lend("m", None) as (_, version):
            assert version == 2
    wait_until(lambda: states(manager) == {1: "END", 2: "AVAILABLE"})
    assert model.is_closed


def test_version_that_is_unloading_takes_no_new_request(manage, folder):
    manager = manage(FakeLoader())
    manager.wait_until_serving(PATIENCE_SECONDS)
    with manager.lend("m", None):
        (folder / "2").mkdir()
        wait_until(lambda: states(manager)[1] == "UNLOADING")
        with pytest.raises(StatusError, match=r"Specific\(m, 1\)"), manager.lend("m", 1):
            pass


def test_failing_load_is_repeated_and_then_given_up(manage):
    loader = FakeLoader(failing=[1])
    manager = manage(loader)
    assert manager.wait_until_serving(PATIENCE_SECONDS)
    (failed,) = manager.failures()
    assert (failed.state.name, failed.error.message) == ("END", "version 1 is broken")
    assert loader.attempts == [1, 1, 1]  # the first and two retries


def test_load_that_succeeds_at_last_leaves_no_error(manage):
    loader = FakeLoader(failing=[1])
    manager = manage(loader, options=ManagerOptions(poll_seconds=0.01, retry_seconds=0.01))
    wait_until(lambda: len(loader.attempts) >= 2)
    assert states(manager) == {1: "LOADING"}
    loader.failing.clear()
    wait_until(lambda: states(manager) == {1: "AVAILABLE"})
    assert manager.versions("m")[1].error is None


def test_deleting_a_failing_version_ends_its_retries(manage, folder):
    loader = FakeLoader(failing=[2])
    manager = manage(loader, options=ManagerOptions(poll_seconds=0.01, retry_seconds=0.01))
    manager.wait_until_serving(PATIENCE_SECONDS)
    (folder / "2").mkdir()
    wait_until(lambda: 2 in loader.attempts)
    (folder / "2").rmdir()
    wait_until(lambda: not manager.versions("m")[2].is_aspired)
    attempts = len(loader.attempts)
    time.sleep(0.3)  # several ticks
    assert len(loader.attempts) == attempts
    assert states(manager) == {1: "AVAILABLE", 2: "END"}


def test_given_up_version_is_tried_again_only_after_it_was_removed(manage, folder):
    loader = FakeLoader(failing=[2])
    manager = manage(loader)
    manager.wait_until_serving(PATIENCE_SECONDS)
    (folder / "2").mkdir()
    wait_until(lambda: states(manager).get(2) == "END")
    loader.failing.clear()
    time.sleep(0.3)  # several scans
    assert states(manager) == {1: "AVAILABLE", 2: "END"}
    (folder / "2").rmdir()
    wait_until(lambda: not manager.versions("m")[2].is_aspired)
    (folder / "2").mkdir()
    wait_until(lambda: states(manager) == {1: "END", 2: "AVAILABLE"})


def test_empty_folder_unloads_everything(manage, folder):
    manager = manage(FakeLoader())
    manager.wait_until_serving(PATIENCE_SECONDS)
    (folder / "1").rmdir()
    wait_until(lambda: states(manager) == {1: "END"})
    with pytest.raises(StatusError, match=r"Latest\(m\)"), manager.lend("m", None):
        pass


def test_missing_folder_changes_nothing_and_is_logged_once(manage, folder, caplog):
    manager = manage(FakeLoader())
    manager.wait_until_serving(PATIENCE_SECONDS)
    shutil.rmtree(folder)
    time.sleep(0.5)  # several scans
    assert states(manager) == {1: "AVAILABLE"}
    problems = [line for line in caplog.messages if "Could not find base path" in line]
    assert len(problems) == 1
    assert str(folder) in problems[0]


def test_two_latest_versions_are_served_side_by_side(manage, folder):
    for version in ("2", "3"):
        (folder / version).mkdir()
    manager = manage(FakeLoader(), policy=LatestVersions(count=2))
    wait_until(lambda: states(manager) == {2: "AVAILABLE", 3: "AVAILABLE"})
    with manager.lend("m", 2) as (model, _):
        assert model.version == 2


def test_poll_of_zero_scans_once(manage, folder):
    manager = manage(FakeLoader(), options=ManagerOptions(poll_seconds=0))
    manager.wait_until_serving(PATIENCE_SECONDS)
    (folder / "2").mkdir()
    time.sleep(0.3)  # several ticks
    assert states(manager) == {1: "AVAILABLE"}


def test_stop_waits_for_the_request_in_flight_and_closes_the_model(folder):
    sources = [ModelSource(name="m", base_path=folder)]
    manager = ServableManager(sources, load=FakeLoader(), options=QUICK)
    manager.start()
    manager.wait_until_serving(PATIENCE_SECONDS)
    with manager.lend("m", None) as (model, _):
        stopping = threading.Thread(target=manager.stop)
        stopping.start()
        time.sleep(0.2)
        assert stopping.is_alive()
        assert not model.is_closed
    stopping.join(PATIENCE_SECONDS)
    assert model.is_closed
    assert states(manager) == {1: "END"}


def test_unexpected_failure_of_a_load_is_reported_like_any_other(manage):
    def load(_path):
        raise PermissionError("no right to read the model")

    manager = manage(load)
    assert manager.wait_until_serving(PATIENCE_SECONDS)
    (failed,) = manager.failures()
    assert failed.error.code is grpc.StatusCode.UNKNOWN
    assert "no right to read the model" in failed.error.message

"""Two pipelines at once on one metadata store, on each kind of server."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local_servers.mariadb import MariadbServer, ServerIdentity
from deploy.local_servers.postgresql import PostgresqlServer
from pipeline.config import load_config
from pipeline.config.metadata import PASSWORD_VARIABLE
from pipeline.errors import RunFailure
from pipeline.store.connection import open_store
from pipeline.store.ledger import executions_of_pipeline
from pipeline.store.leftovers import claim
from tests.serving.certificates import Authority
from tests.support.forked_runs import ForkedRuns, Run
from tests.support.recorded_runs import RecordedRuns
from tests.systems.conftest import small_run, states

pytestmark = [pytest.mark.systems, pytest.mark.e2e]


@pytest.fixture(params=["postgresql", "mysql"])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[str]]:
    """An empty database on a running server; yields the settings that name it."""
    log = tmp_path / "server.log"
    running = MariadbServer(log, "runs") if request.param == "mysql" else PostgresqlServer(log)
    with running:
        if isinstance(running, PostgresqlServer):
            running.create_database("runs")
        monkeypatch.setenv(PASSWORD_VARIABLE, running.password)
        yield [
            f"metadata.backend={request.param}",
            f"metadata.port={running.port}",
            f"metadata.user={running.user}",
            "metadata.database=runs",
        ]


@pytest.mark.timeout(1800)
def test_two_pipelines_finish_at_once_and_know_nothing_of_each_other(
    server: list[str], ratings_folder: Path, forked: ForkedRuns, tmp_path: Path
) -> None:
    def run(name: str) -> Run:
        settings = (*server, f"pipeline.name={name}", "canary.enabled=false")
        log = tmp_path / f"{name}.log"
        password = {PASSWORD_VARIABLE: os.environ[PASSWORD_VARIABLE]}
        return small_run(tmp_path / name, ratings_folder, log, *settings, environment=password)

    # Both find the database without tables. The second time they answer from the cache.
    codes = [*forked.run_at_once([run("first"), run("second")]), forked.run(run("second"))]
    logs = "\n".join((tmp_path / f"{name}.log").read_text() for name in ("first", "second"))
    assert codes == [0, 0, 0], logs
    assert set(states(tmp_path / "first").values()) == {"executed"}
    again = states(tmp_path / "second")
    assert again.pop("BaselineResolver") == "executed"
    assert set(again.values()) == {"cached"}

    store = open_store(load_config(overrides=server))
    nodes = len(states(tmp_path / "first"))
    assert len(executions_of_pipeline(store, "first")) == nodes
    assert len(executions_of_pipeline(store, "second")) == 2 * nodes
    with pytest.raises(RunFailure, match="`first` belongs to the output folder"):
        claim(store, "first", tmp_path / "elsewhere")


def test_any_text_comes_back_as_it_went(server: list[str], tmp_path: Path) -> None:
    store = open_store(load_config(overrides=server))
    text = """\\ back\\"slash\\\\ it's 100% "quoted" \\n
    漢 😀 NULL; DROP TABLE Artifact; --"""
    runs = RecordedRuns(store, "movielens", tmp_path)
    runs.execution(runs.run("r1"), "Node", outputs=[runs.artifact("Text", text=text)])
    (artifact,) = store.get_artifacts()
    assert artifact.custom_properties["text"].string_value == text


def test_artifacts_come_in_the_order_asked(server: list[str], tmp_path: Path) -> None:
    store = open_store(load_config(overrides=server))
    runs = RecordedRuns(store, "movielens", tmp_path)
    made = [runs.artifact(kind) for kind in ("Text", "Model", "Text", "Model", "Text")]
    runs.execution(runs.run("r1"), "Node", outputs=made)
    first, *_ = store.get_artifacts_by_id([1])
    store.put_artifacts([first])  # what is written anew moves behind the others in PostgreSQL
    assert [each.id for each in store.get_artifacts_by_id([1, 2, 3, 4, 5])] == [1, 2, 3, 4, 5]


def test_a_server_that_demands_tls_gets_it_and_refuses_who_does_not_ask_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = ServerIdentity(*Authority().issue("database"))
    with MariadbServer(tmp_path / "server.log", "runs", tls=identity) as running:
        monkeypatch.setenv(PASSWORD_VARIABLE, running.password)
        server = [
            "metadata.backend=mysql",
            f"metadata.port={running.port}",
            f"metadata.user={running.user}",
            "metadata.database=runs",
        ]
        with pytest.raises(RunFailure, match=r"cannot be opened.*metadata\.tls"):
            open_store(load_config(overrides=server))
        store = open_store(load_config(overrides=[*server, "metadata.tls=true"]))
        runs = RecordedRuns(store, "movielens", tmp_path)
        runs.execution(runs.run("r1"), "Node", outputs=[runs.artifact("Text", text="secret")])
        (artifact,) = store.get_artifacts()
        assert artifact.custom_properties["text"].string_value == "secret"


def test_without_tls_at_the_server_nothing_is_sent_to_it(tmp_path: Path) -> None:
    with MariadbServer(tmp_path / "server.log", "runs") as running:
        server = ["metadata.backend=mysql", f"metadata.port={running.port}", "metadata.tls=true"]
        with pytest.raises(RunFailure, match=r"offers no TLS, which metadata\.tls demands"):
            open_store(load_config(overrides=server))


def test_a_wrong_password_is_refused_with_a_remedy(
    server: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "guess")
    with pytest.raises(RunFailure, match=r"cannot be opened.*password of.*" + PASSWORD_VARIABLE):
        open_store(load_config(overrides=server))

import os
import socket
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from deploy.local_servers import debian_packages
from deploy.local_servers.debian_packages import MissingPackageError
from deploy.local_servers.postgresql import PostgresqlServer
from deploy.local_servers.server import ServerError

ROOT = Path(__file__).parents[3]


def connect(server: PostgresqlServer, password: str) -> "psycopg2.extensions.connection":
    return psycopg2.connect(
        host="127.0.0.1",
        port=server.port,
        user=server.user,
        password=password,
        dbname="movies",
    )


@pytest.mark.systems
def test_a_server_takes_connections_with_its_password_only_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    with PostgresqlServer(tmp_path / "log") as server:
        server.create_database("movies")
        with connect(server, server.password) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            (folder,) = cursor.fetchone()
        # The connection stays open: the server must not wait for it to close.
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            connect(server, "guess")
        with pytest.raises(ServerError, match=r"createdb failed.*\"movies\" already exists"):
            server.create_database("movies")
    connection.close()
    assert not Path(folder).parent.exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0


@pytest.mark.systems
def test_the_command_prints_the_url_and_stops_on_interruption(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.local_servers.postgresql", "movies"]
    process = subprocess.Popen(
        [*command, "--log", str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    url = process.stdout.readline().strip()
    process.terminate()
    with process:
        assert process.wait(60) == 0
    assert url.startswith("postgresql+psycopg2://movielens:")
    assert url.endswith("/movies")
    assert "database system is shut down" in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_missing_server_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian_packages, "_ROOTS", (tmp_path,))
    with pytest.raises(MissingPackageError, match=r"initdb.*install\.sh postgresql"):
        PostgresqlServer(tmp_path / "log")


def test_the_newest_of_several_versions_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("9", "15", "13"):
        folder = tmp_path / "usr/lib/postgresql" / version / "bin"
        folder.mkdir(parents=True)
        if version != "15":
            (folder / "initdb").touch()
    monkeypatch.setattr(debian_packages, "_ROOTS", (tmp_path / "absent", tmp_path))
    found = debian_packages.find_folder("usr/lib/postgresql/*/bin", "initdb", package="postgresql")
    assert found == tmp_path / "usr/lib/postgresql/13/bin"


def test_unpacked_programs_find_their_unpacked_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries = tmp_path / "usr/lib/x86_64-linux-gnu"
    libraries.mkdir(parents=True)
    monkeypatch.setattr(debian_packages, "UNPACKED", tmp_path)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/lib")
    found = debian_packages.environment(tmp_path / "usr/lib/postgresql/15/bin")
    assert found["LD_LIBRARY_PATH"] == f"{libraries}:/opt/lib"
    assert debian_packages.environment(Path("/usr/lib/postgresql/15/bin")) == dict(os.environ)

import socket
import tempfile
from pathlib import Path

import pytest

from deploy.local_servers import debian_packages
from deploy.local_servers.debian_packages import MissingPackageError
from tests.support.mariadb import MariadbServer


@pytest.mark.systems
def test_a_server_listens_while_it_runs_and_leaves_nothing(tmp_path: Path) -> None:
    folders = Path(tempfile.gettempdir())
    before = set(folders.glob("movielens-mariadb-*"))
    with MariadbServer(tmp_path / "log", "movies") as server, socket.socket() as client:
        client.connect(("127.0.0.1", server.port))
        assert b"MariaDB" in client.recv(100)
    assert "Shutdown complete" in (tmp_path / "log").read_text()
    assert set(folders.glob("movielens-mariadb-*")) == before
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0


def test_a_missing_server_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian_packages, "_ROOTS", (tmp_path,))
    with pytest.raises(MissingPackageError, match=r"mariadbd.*install\.sh mariadb-server-core"):
        MariadbServer(tmp_path / "log", "movies")

"""A throw-away MariaDB server, which speaks MySQL's protocol."""

import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from deploy.local_servers.debian_packages import find_folder
from deploy.local_servers.processes import unprivileged_user
from deploy.local_servers.server import LocalServer

_PACKAGES: Final = "mariadb-server-core mariadb-client-core"
# What is thrown away need not survive a power cut.
_SETTINGS: Final = ("--innodb-flush-log-at-trx-commit=0", "--skip-log-bin", "--skip-name-resolve")


class ServerIdentity(NamedTuple):
    """A private key and its certificate, as PEM texts."""

    key: str
    certificate: str


class MariadbServer(LocalServer):
    """Runs MariaDB with one database while the `with` block runs; see `LocalServer`.

    Root's server runs as `mysql` or `nobody`, for MariaDB refuses root.

    Attributes:
        database: the one that it was made with, empty at first.
    """

    title = "MariaDB"
    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL

    def __init__(self, log: Path, database: str, *, tls: ServerIdentity | None = None) -> None:
        """Prepares the server.

        Args:
            log: the file that takes the server's log; its folder must exist.
            database: the database to make.
            tls: who the server is; with it, it takes encrypted connections alone.

        Raises:
            MissingPackageError: MariaDB is not installed.
        """
        super().__init__(
            log,
            programs=find_folder("usr/sbin", "mariadbd", package=_PACKAGES),
            runs_as=unprivileged_user("mysql", "nobody"),
        )
        self.database = database
        self._tls = tls

    def initialise(self, folder: Path) -> None:
        self.run_program(
            self._base / "bin" / "mariadb-install-db",
            *("--no-defaults", "--skip-test-db", f"--basedir={self._base}"),
            f"--datadir={folder / 'data'}",
        )
        (folder / "first.sql").write_text(
            "DROP USER IF EXISTS ''@'localhost';\n"  # who needs no password
            f"CREATE DATABASE IF NOT EXISTS `{self.database}` CHARACTER SET utf8mb4;\n"
            f"CREATE USER IF NOT EXISTS '{self.user}'@'%' IDENTIFIED BY '{self.password}';\n"
            f"GRANT ALL ON `{self.database}`.* TO '{self.user}'@'%';\n",
            encoding="utf-8",
        )
        if self._tls is not None:
            for name, pem in self._tls._asdict().items():
                (folder / f"{name}.pem").write_text(pem, encoding="utf-8")

    def command(self, folder: Path) -> Sequence[str | Path]:
        return (
            self._programs / "mariadbd",
            *("--no-defaults", f"--basedir={self._base}", f"--datadir={folder / 'data'}"),
            *("--bind-address=127.0.0.1", f"--port={self.port}", f"--socket={folder / 'socket'}"),
            *(f"--lc-messages-dir={self._base / 'share' / 'mysql'}", *_SETTINGS),
            f"--init-file={folder / 'first.sql'}",
            *(() if self._tls is None else _demand_tls(folder)),
        )

    def is_ready(self) -> bool:
        with socket.socket() as probe:
            # It listens once it has read its first statements.
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def _base(self) -> Path:
        return self._programs.parent


def _demand_tls(folder: Path) -> Sequence[str]:
    return (
        f"--ssl-key={folder / 'key.pem'}",
        f"--ssl-cert={folder / 'certificate.pem'}",
        "--require-secure-transport=ON",
    )

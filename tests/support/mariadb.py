"""A throw-away MariaDB server, which speaks MySQL's protocol."""

import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from deploy.local_servers.debian_packages import find_folder
from deploy.local_servers.server import LocalServer

_PACKAGES: Final = "mariadb-server-core mariadb-client-core"
# A throw-away server need not survive a power cut.
_SETTINGS: Final = ("--innodb-flush-log-at-trx-commit=0", "--skip-log-bin", "--skip-name-resolve")


class ServerIdentity(NamedTuple):
    """A private key and its certificate, as PEM texts."""

    key: str
    certificate: str


class MariadbServer(LocalServer):
    """Runs MariaDB with one empty database while the `with` block runs; see `LocalServer`."""

    title = "MariaDB"
    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL

    def __init__(self, log: Path, database: str, *, tls: ServerIdentity | None = None) -> None:
        """Prepares the server.

        Args:
            log: The file that takes the server's log. Its folder must exist.
            database: The database to create.
            tls: The server's certificate. With it, the server accepts encrypted connections only.

        Raises:
            MissingPackageError: MariaDB is not installed.
        """
        programs = find_folder("usr/sbin", "mariadbd", package=_PACKAGES)
        super().__init__(log, programs, ("mysql", "nobody"))
        self._base = programs.parent
        self._database = database
        self._tls = tls

    def create_files(self, folder: Path) -> None:
        self.run_program(
            self._base / "bin" / "mariadb-install-db",
            *("--no-defaults", "--skip-test-db", f"--basedir={self._base}"),
            f"--datadir={folder / 'data'}",
        )
        (folder / "first.sql").write_text(
            "DROP USER IF EXISTS ''@'localhost';\n"  # the user without a password
            f"CREATE DATABASE IF NOT EXISTS `{self._database}` CHARACTER SET utf8mb4;\n"
            f"CREATE USER IF NOT EXISTS '{self.user}'@'%' IDENTIFIED BY '{self.password}';\n"
            f"GRANT ALL ON `{self._database}`.* TO '{self.user}'@'%';\n",
            encoding="utf-8",
        )
        if self._tls is not None:
            (folder / "key.pem").write_text(self._tls.key, encoding="utf-8")
            (folder / "certificate.pem").write_text(self._tls.certificate, encoding="utf-8")

    def command(self, folder: Path) -> Sequence[str | Path]:
        tls = (
            f"--ssl-key={folder / 'key.pem'}",
            f"--ssl-cert={folder / 'certificate.pem'}",
            "--require-secure-transport=ON",
        )
        return (
            self._programs / "mariadbd",
            *("--no-defaults", f"--basedir={self._base}", f"--datadir={folder / 'data'}"),
            *("--bind-address=127.0.0.1", f"--port={self.port}", f"--socket={folder / 'socket'}"),
            *(f"--lc-messages-dir={self._base / 'share' / 'mysql'}", *_SETTINGS),
            f"--init-file={folder / 'first.sql'}",
            *(tls if self._tls else ()),
        )

    def is_ready(self) -> bool:
        with socket.socket() as probe:  # it listens after it has executed first.sql
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

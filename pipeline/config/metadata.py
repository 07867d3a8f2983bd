"""Sections `[metadata]` and `[retention]`: where ML Metadata is kept, and what for how long."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Backend = Literal["sqlite", "postgresql", "mysql"]
PASSWORD_VARIABLE: Final = "MOVIELENS_METADATA_PASSWORD"  # noqa: S105 - a name, not a password
DEFAULT_PORTS: Final = {"postgresql": 5432, "mysql": 3306}
_HIGHEST_PORT: Final = 65_535
_FEWEST_RUNS: Final = 2


@dataclass(frozen=True, kw_only=True)
class MetadataConfig:
    """Section `[metadata]`.

    A password is never written here: it is read from a file or an environment variable when the
    store is opened.

    Attributes:
        backend: `sqlite`, `postgresql`, or `mysql` for MySQL and MariaDB.
        path: the file of SQLite; `<output>/metadata.sqlite` where None.
        host: of the database server, as are all that follow.
        port: its TCP port; None takes the backend's own.
        database: which must exist, and whose tables are made by the first run.
        user: who may create tables in it.
        password_variable: the environment variable that holds the password.
        password_file: a file that holds it, which wins; for secrets that are mounted.
        tls: encrypts the connection to MySQL and MariaDB. ML Metadata's client then still does
            not check the server's certificate, and its PostgreSQL client knows no TLS.
    """

    backend: Backend = "sqlite"
    path: str | None = None
    host: str = "localhost"
    port: int | None = None
    database: str = "movielens"
    user: str = "movielens"
    password_variable: str = PASSWORD_VARIABLE
    password_file: str | None = None
    tls: bool = False

    def __post_init__(self) -> None:
        if self.port is not None and not 0 < self.port <= _HIGHEST_PORT:
            raise ValueError(f"port should be from 1 to {_HIGHEST_PORT}. Received: {self.port}")
        for name in ("host", "database", "user"):
            value = getattr(self, name)
            if not value.strip() or not value.isprintable():
                raise ValueError(f"{name} should be a name. Received: {value!r}")
        if self.path is not None and self.backend != "sqlite":
            raise ValueError(
                f"path is where SQLite keeps its file; backend {self.backend!r} takes host and "
                f"database. Received: path {self.path!r}"
            )
        if self.tls and self.backend != "mysql":
            raise ValueError(
                "tls can only be had with backend 'mysql': ML Metadata's PostgreSQL client is "
                "built without it, so lead the connection through a tunnel (stunnel, a cloud "
                f"provider's proxy) and name the tunnel's host and port. Received: {self.backend!r}"
            )

    @property
    def address(self) -> str:
        """Where the server is, for messages; without the password."""
        return f"{self.backend}://{self.user}@{self.host}:{self.server_port}/{self.database}"

    @property
    def server_port(self) -> int:
        """The TCP port of the server.

        Raises:
            KeyError: the backend is SQLite, which has none.
        """
        return self.port or DEFAULT_PORTS[self.backend]

    def password(self) -> str:
        """Reads the password; empty where the variable is not set and no file is named.

        Raises:
            OSError: the file cannot be read.
        """
        if self.password_file is None:
            return os.environ.get(self.password_variable, "")
        return Path(self.password_file).expanduser().read_text(encoding="utf-8").rstrip("\r\n")


@dataclass(frozen=True, kw_only=True)
class RetentionConfig:
    """Section `[retention]`.

    Attributes:
        keep_runs: how many of the last runs keep their artifacts and logs; None keeps all.
        keep_versions: how many of the last versions are kept to go back to; None keeps all, and
            with them every blessed model.
    """

    keep_runs: int | None = None
    keep_versions: int | None = None

    def __post_init__(self) -> None:
        if self.keep_runs is not None and self.keep_runs < _FEWEST_RUNS:
            raise ValueError(
                f"keep_runs should be at least {_FEWEST_RUNS}, for a run looks at the one before "
                f"it. Received: {self.keep_runs}"
            )
        if self.keep_versions is not None and self.keep_versions < 1:
            raise ValueError(f"keep_versions should be at least 1. Received: {self.keep_versions}")

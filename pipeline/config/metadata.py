"""Sections `[metadata]` and `[retention]`: where ML Metadata is kept, and what for how long."""

import os
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from movielens.section import Count, FilledText, Section

PASSWORD_VARIABLE: Final = "MOVIELENS_METADATA_PASSWORD"  # noqa: S105 - a name, not a password
DEFAULT_PORTS: Final = {"postgresql": 5432, "mysql": 3306}


def _refuse_unprintable(name: str) -> str:
    if not name.isprintable():
        raise ValueError("should be of printable characters")
    return name


_Name = Annotated[FilledText, AfterValidator(_refuse_unprintable)]


class MetadataConfig(Section):
    """Where ML Metadata keeps what runs did.

    The password is no option. It is read from a file or an environment variable when the store is
    opened.
    """

    backend: Literal["sqlite", "postgresql", "mysql"] = Field(
        "sqlite", description="The database. `mysql` is for MySQL and MariaDB."
    )
    path: FilledText | None = Field(
        None, description="The file of SQLite. If unset, `<output>/metadata.sqlite`."
    )
    host: _Name = Field("localhost", description="Host of the database server.")
    port: Annotated[int, Field(ge=1, le=65_535)] | None = Field(
        None, description="TCP port of the database server. If unset, the backend's own."
    )
    database: _Name = Field(
        "movielens",
        description="The database, which must exist. The first run makes its tables.",
    )
    user: _Name = Field(
        "movielens", description="The user, who must be allowed to create tables in the database."
    )
    password_variable: str = Field(
        PASSWORD_VARIABLE, description="The environment variable that holds the password."
    )
    password_file: FilledText | None = Field(
        None,
        description="A file that holds the password, for secrets that are mounted. It wins over "
        "the variable.",
    )
    tls: bool = Field(
        False,
        description="Encrypts the connection to MySQL and MariaDB. ML Metadata's client then still "
        "does not check the server's certificate, and its PostgreSQL client knows no TLS.",
    )

    @model_validator(mode="after")
    def _require_options_of_the_backend(self) -> Self:
        if self.path is not None and self.backend != "sqlite":
            raise ValueError(
                f"path is where SQLite keeps its file; backend {self.backend!r} needs host and "
                f"database instead. Received: path {self.path!r}"
            )
        if self.tls and self.backend != "mysql":
            raise ValueError(
                "tls needs backend 'mysql', because ML Metadata's PostgreSQL client is built "
                "without it; use a tunnel (stunnel, a cloud provider's proxy) and give the "
                f"tunnel's host and port. Received: {self.backend!r}"
            )
        return self

    @property
    def address(self) -> str:
        """The address of the server for messages, without the password."""
        return f"{self.backend}://{self.user}@{self.host}:{self.server_port}/{self.database}"

    @property
    def server_port(self) -> int:
        """The TCP port of the server. A KeyError if the backend is SQLite, which has none."""
        return self.port or DEFAULT_PORTS[self.backend]

    def password(self) -> str:
        """Reads the password; empty if the variable is not set and no file is named."""
        if self.password_file is None:
            return os.environ.get(self.password_variable, "")
        return Path(self.password_file).expanduser().read_text(encoding="utf-8").rstrip("\r\n")


class RetentionConfig(Section):
    """How much of old runs is kept."""

    keep_runs: Annotated[int, Field(ge=2, le=1_000_000)] | None = Field(
        None,
        description="How many of the last runs keep their artifacts and logs. At least two, "
        "because a run looks at the one before it. If unset, all.",
    )
    keep_versions: Count | None = Field(
        None,
        description="How many of the last versions are kept to go back to. If unset, all, and "
        "with them every blessed model.",
    )

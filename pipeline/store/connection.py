"""Opens the metadata store, for every runner and command."""

import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.config import PipelineConfig
from pipeline.config.metadata import MetadataConfig
from pipeline.errors import RunFailure
from pipeline.store.mysql_greeting import offers_tls

if TYPE_CHECKING:
    from ml_metadata import MetadataStore
    from ml_metadata.proto.metadata_store_pb2 import ConnectionConfig

_CONNECT_SECONDS: Final = 10.0
_ATTEMPTS: Final = 6
_SECONDS_BETWEEN_ATTEMPTS: Final = 0.5
# Transactions of runs that share a server may collide; ML Metadata then tries again.
_MOST_RETRIES: Final = 20


def connection_config(config: PipelineConfig) -> "ConnectionConfig":
    """Returns ML Metadata's `ConnectionConfig`; it holds the password and must not be logged.

    A RunFailure if the file with the password cannot be read.
    """
    from ml_metadata.proto.metadata_store_pb2 import ConnectionConfig, SqliteMetadataSourceConfig

    settings = config.metadata
    if settings.backend == "sqlite":
        mode = SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        file = str(config.metadata_path)
        return ConnectionConfig(sqlite={"filename_uri": file, "connection_mode": mode})
    retries = {"max_num_retries": _MOST_RETRIES}
    if settings.backend == "mysql":
        return ConnectionConfig(retry_options=retries, mysql=_mysql(settings))
    from pipeline.store.postgresql_mends import mend_postgresql

    mend_postgresql()
    return ConnectionConfig(retry_options=retries, postgresql=_postgresql(settings))


def open_store(config: PipelineConfig) -> "MetadataStore":
    """Opens the metadata store; makes its tables, and SQLite's file, if they are missing.

    A RunFailure if there is no such server, or it refuses us.
    """
    # Imported here so that `movielens --help` does not wait for ML Metadata's library to load.
    from ml_metadata import MetadataStore, errors

    file, attempts = sqlite_file(config), 1
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    else:
        _reach(config.metadata)
        attempts = _ATTEMPTS
    while True:
        try:
            return MetadataStore(connection_config(config))
        except (RuntimeError, errors.StatusError) as error:
            attempts -= 1
            if attempts == 0:
                where, message = file or config.metadata.address, " ".join(str(error).split())
                raise RunFailure(
                    f"the metadata store {where} cannot be opened: {message}"
                    f"{_remedy(config.metadata)}"
                ) from error
            # If two runs find the database empty at once, one of them fails to make the tables.
            time.sleep(_SECONDS_BETWEEN_ATTEMPTS)


def existing_store(config: PipelineConfig) -> "MetadataStore":
    """Opens a store that runs have written to, and follows a moved output folder.

    A RunFailure if there is none yet, or it cannot be opened.
    """
    if config.metadata.backend == "sqlite" and not config.metadata_path.exists():
        raise RunFailure(
            f"there is no metadata store {config.metadata_path}: nothing has been run yet with "
            "this output folder. Name the one of your runs by --output or --config"
        )
    from pipeline.store.relocation import follow_move

    store = open_store(config)
    follow_move(store, config)
    return store


def _postgresql(settings: MetadataConfig) -> dict[str, Any]:
    return {
        "host": _quoted(settings.host),
        "port": str(settings.server_port),
        "dbname": _quoted(settings.database),
        "user": _quoted(settings.user),
        "password": _quoted(_password(settings)),
        "skip_db_creation": True,
    }


def _mysql(settings: MetadataConfig) -> dict[str, Any]:
    return {
        # The client library takes `localhost` for the name of a socket and looks for it in /tmp.
        "host": "127.0.0.1" if settings.host == "localhost" else settings.host,
        "port": settings.server_port,
        "database": settings.database,
        "user": settings.user,
        "password": _password(settings),
        "skip_db_creation": True,
        # With verification its client refuses every server.
        "ssl_options": {"verify_server_cert": False} if settings.tls else None,
    }


def _quoted(value: str) -> str:
    """Quotes a value for libpq's connection strings, because ML Metadata does not."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _password(settings: MetadataConfig) -> str:
    try:
        return settings.password()
    except (OSError, UnicodeDecodeError) as error:
        raise RunFailure(
            f"the password of the metadata store cannot be read from {settings.password_file}: "
            f"{error}; mend metadata.password_file"
        ) from error


def _reach(settings: MetadataConfig) -> None:
    """Checks what ML Metadata does not report: whether a server listens and can encrypt."""
    address = (settings.host, settings.server_port)
    try:
        with socket.create_connection(address, _CONNECT_SECONDS) as connection:
            is_fit = not settings.tls or offers_tls(connection)
    except ValueError as error:
        raise RunFailure(
            f"the metadata store {settings.address} is no MySQL or MariaDB: {error}; mend "
            "metadata.host and metadata.port"
        ) from error
    except OSError as error:
        raise RunFailure(
            f"the metadata store {settings.address} cannot be reached: {error.strerror or error}; "
            "start the server, or mend metadata.host and metadata.port"
        ) from error
    if not is_fit:
        raise RunFailure(
            f"the metadata store {settings.address} offers no TLS, which metadata.tls demands, and "
            "ML Metadata would send the password in plain text; give the server a certificate "
            "(ssl_cert and ssl_key), or set metadata.tls = false"
        )


def _remedy(settings: MetadataConfig) -> str:
    if settings.backend == "sqlite":
        return ""
    secret = settings.password_file or f"the environment variable {settings.password_variable}"
    hint = ""
    if settings.backend == "mysql":
        hint = "; the user must be identified by mysql_native_password"
        hint += "" if settings.tls else "; a server that demands TLS wants metadata.tls = true"
    return (
        f" (the server answers; are database, user and the password of {secret} right{hint}? "
        "The run's log may say more)"
    )


def sqlite_file(config: PipelineConfig) -> Path | None:
    """Returns SQLite's file; None if a server keeps the store."""
    return config.metadata_path if config.metadata.backend == "sqlite" else None

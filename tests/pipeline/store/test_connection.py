import socket
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.errors import RunFailure, UsageError
from pipeline.store.connection import connection_config, existing_store, open_store

POSTGRESQL = ("metadata.backend=postgresql", "metadata.host=db.example.org")
MYSQL = ("metadata.backend=mysql", "metadata.user=trainer", "metadata.database=runs")


def test_sqlite_in_the_output_folder_is_the_default(tmp_path: Path) -> None:
    made = connection_config(load_config(output=str(tmp_path)))
    assert made.sqlite.filename_uri == str(tmp_path / "metadata.sqlite")


def test_postgresql_gets_every_value_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVIELENS_METADATA_PASSWORD", r"it's a \secret")
    made = connection_config(load_config(overrides=POSTGRESQL)).postgresql
    assert (made.host, made.port, made.dbname) == ("'db.example.org'", "5432", "'movielens'")
    assert (made.user, made.password) == ("'movielens'", r"'it\'s a \\secret'")
    assert made.skip_db_creation


def test_mysql_gets_the_password_of_a_file_before_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOVIELENS_METADATA_PASSWORD", "other")
    (tmp_path / "secret").write_text("mounted\n")
    overrides = [*MYSQL, f"metadata.password_file={tmp_path / 'secret'}"]
    made = connection_config(load_config(overrides=overrides)).mysql
    assert (made.user, made.password, made.database) == ("trainer", "mounted", "runs")
    assert (made.host, made.port) == ("127.0.0.1", 3306)
    assert not made.HasField("ssl_options")


def test_tls_is_asked_of_mysql() -> None:
    made = connection_config(load_config(overrides=[*MYSQL, "metadata.tls=true"])).mysql
    assert made.HasField("ssl_options")


def test_a_password_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    overrides = [*MYSQL, f"metadata.password_file={tmp_path / 'absent'}"]
    with pytest.raises(RunFailure, match=r"password .*absent.*mend metadata\.password_file"):
        connection_config(load_config(overrides=overrides))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["metadata.backend=oracle"], r"`metadata\.backend` should be one of sqlite.*'oracle'"),
        (
            [*POSTGRESQL, "metadata.port=0"],
            r"port` should be a whole number from 1 to 65,535\. Received: 0",
        ),
        ([*POSTGRESQL, "metadata.user=' '"], r"user` should not be blank\. Received: ' '"),
        ([*POSTGRESQL, "metadata.path=/m"], r"path is where SQLite keeps its file.*path '/m'"),
        ([*POSTGRESQL, "metadata.tls=true"], r"built without it.*tunnel.*'postgresql'"),
        ([*POSTGRESQL, "metadata.password=x"], r"`metadata\.password`; did you mean"),
    ],
)
def test_a_wrong_setting_says_what_is_wrong(overrides: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_config(overrides=overrides)


def test_a_server_that_is_not_there_is_named_without_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOVIELENS_METADATA_PASSWORD", "secret")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and nobody listens
        overrides = [*MYSQL, f"metadata.port={bound.getsockname()[1]}"]
        with pytest.raises(
            RunFailure,
            match=r"mysql://trainer@localhost:\d+/runs cannot be reached: Connection refused",
        ) as raised:
            open_store(load_config(overrides=overrides))
    assert "secret" not in str(raised.value)


def test_a_file_that_is_no_sqlite_is_named(tmp_path: Path) -> None:
    (tmp_path / "metadata.sqlite").write_text("some text, and long enough not to be empty" * 99)
    with pytest.raises(RunFailure, match=r"metadata store .*metadata\.sqlite cannot be opened"):
        open_store(load_config(output=str(tmp_path)))


def test_looking_into_a_store_does_not_make_one(tmp_path: Path) -> None:
    with pytest.raises(RunFailure, match=r"no metadata store .*nothing has been run yet"):
        existing_store(load_config(output=str(tmp_path)))
    assert list(tmp_path.iterdir()) == []

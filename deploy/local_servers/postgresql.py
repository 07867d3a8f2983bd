"""A throw-away PostgreSQL server.

python -m deploy.local_servers.postgresql airflow     # prints the URL, runs until Ctrl-C
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.local_servers.debian_packages import MissingPackageError, find_folder
from deploy.local_servers.server import LocalServer, ServerError

# A throw-away server need not survive a power cut.
_SETTINGS: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresqlServer(LocalServer):
    """Runs PostgreSQL while the `with` block runs; see `LocalServer`."""

    title = "PostgreSQL"
    stop_signal = signal.SIGINT  # its "fast shutdown": open connections are closed
    kill_signal = signal.SIGQUIT  # "immediate"

    def __init__(self, log: Path) -> None:
        """Prepares the server; a MissingPackageError if PostgreSQL is not installed."""
        programs = find_folder("usr/lib/postgresql/*/bin", "initdb", package="postgresql")
        super().__init__(log, programs, ("postgres", "nobody"))
        self._environment["PGPASSWORD"] = self.password

    def url(self, database: str) -> str:
        """Returns the address of a database in the form of SQLAlchemy."""
        return f"postgresql+psycopg2://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> None:
        """Creates an empty database; a ServerError if the name is taken."""
        self.run_program("createdb", *self._address(), name)

    def create_files(self, folder: Path) -> None:
        password_file = folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password, encoding="ascii")
        self.give_to_server(password_file)
        self.run_program(
            *("initdb", "--auth=scram-sha-256", f"--username={self.user}", "--encoding=UTF8"),
            *("--locale=C.UTF-8", "--no-sync", f"--pwfile={password_file}"),
            str(folder / "data"),
        )
        password_file.unlink()

    def command(self, folder: Path) -> Sequence[str | Path]:
        settings = [f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1", *_SETTINGS]
        return (
            *(self._programs / "postgres", "-D", folder / "data", "-p", str(self.port)),
            *(part for setting in settings for part in ("-c", setting)),
        )

    def is_ready(self) -> bool:
        try:
            self.run_program("pg_isready", "--quiet", "--dbname=postgres", *self._address())
        except ServerError:
            return False
        return True

    def _address(self) -> tuple[str, ...]:
        return ("--host=127.0.0.1", f"--port={self.port}", f"--username={self.user}")


def main() -> int:
    """Runs a server with one database until it is interrupted; returns the exit code."""
    parser = argparse.ArgumentParser(description="Runs a throw-away PostgreSQL server.")
    parser.add_argument("database", help="the database to create, such as airflow")
    parser.add_argument("--log", type=Path, default=Path("postgresql.log"), metavar="FILE")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with PostgresqlServer(args.log) as server:
            server.create_database(args.database)
            print(server.url(args.database), flush=True)
            signal.pause()
    except KeyboardInterrupt:
        pass
    except (MissingPackageError, ServerError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What starting a server process takes: a free port, an unprivileged user, the end of its log."""

import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_LAST_LINES: Final = 5


class ServerError(RuntimeError):
    """A throw-away server did not start, or a program of it failed."""


def free_port() -> int:
    """Returns a port of the loopback interface that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def unprivileged_user(*names: str) -> pwd.struct_passwd | None:
    """Returns the user that a server should run as: the first of `names` that exists.

    None where this process is not root, who alone may choose; servers then run as this process's
    user.

    Raises:
        ServerError: this process is root and no such user exists.
    """
    if os.geteuid() != 0:
        return None
    for name in names:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerError(
        f"Database servers refuse to run as root. Expected a user {' or '.join(names)}"
    )


def as_user(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Returns the arguments by which `subprocess` runs a program as `user`."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def temporary_folder(name: str, user: pwd.struct_passwd | None) -> Iterator[Path]:
    """Makes a folder for a server's files for as long as the block runs.

    It lies right below the system's folder of temporary files: `user` may lack the right to pass
    through any other folder of this process's user.

    Args:
        name: says whose files these are.
        user: who is to own it; None for this process's user.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"movielens-{name}-"))
    try:
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder)


def end_of_log(log: Path) -> str:
    """Returns the last lines of a log as one."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return " / ".join(line.strip() for line in lines[-_LAST_LINES:]) or "(empty)"

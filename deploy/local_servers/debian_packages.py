"""Finds programs of Debian packages, installed in the system or unpacked by `install.sh`."""

import os
from pathlib import Path
from typing import Final

UNPACKED: Final = Path(__file__).resolve().parents[2] / ".debian"
_ROOTS: Final = (Path("/"), UNPACKED)
_LIBRARY_FOLDERS: Final = ("usr/lib/*-linux-gnu", "lib/*-linux-gnu")


class MissingPackageError(RuntimeError):
    """A program is not installed; the message names the package that has it."""


def find_folder(pattern: str, program: str, *, package: str) -> Path:
    """Returns the folder that holds a program; of several, the one with the highest number.

    The folder matches a pattern, such as `usr/lib/postgresql/*/bin`. If there is none, a
    MissingPackageError tells to install the package.
    """
    for root in _ROOTS:
        found = [each for each in root.glob(pattern) if (each / program).is_file()]
        if found:
            return max(found, key=lambda path: [int(part) for part in path.parts if part.isdigit()])
    raise MissingPackageError(
        f"No program {program} in {' or '.join(str(root / pattern) for root in _ROOTS)}. Install "
        f"the Debian package: deploy/local_servers/install.sh {package}"
    )


def environment(programs: Path) -> dict[str, str]:
    """Returns the environment in which the programs of a folder find their libraries."""
    variables = dict(os.environ)
    if programs.is_relative_to(UNPACKED):
        folders = [str(each) for pattern in _LIBRARY_FOLDERS for each in UNPACKED.glob(pattern)]
        inherited = filter(None, [variables.get("LD_LIBRARY_PATH")])
        variables["LD_LIBRARY_PATH"] = os.pathsep.join([*folders, *inherited])
    return variables

"""Finds programs of Debian packages, installed in the system or unpacked by `install.sh`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

UNPACKED: Final = Path(__file__).resolve().parents[2] / ".debian"
_ROOTS: Final = (Path("/"), UNPACKED)
_LIBRARY_FOLDERS: Final = ("usr/lib/*-linux-gnu", "lib/*-linux-gnu")


class MissingPackageError(RuntimeError):
    """A program is not installed; the message names the package that has it."""


def find_folder(pattern: str, program: str, *, package: str) -> Path:
    """Finds the folder that holds a program; of several, the one that sorts last.

    Args:
        pattern: of folders below the file system's root, such as `usr/lib/postgresql/*/bin`.
        program: the file that must be in it.
        package: the Debian package to name where nothing is found.

    Returns:
        The folder, absolute.

    Raises:
        MissingPackageError: no such folder holds the program.
    """
    for root in _ROOTS:
        found = [each for each in root.glob(pattern) if (each / program).is_file()]
        if found:
            return max(found, key=_natural_order)
    raise MissingPackageError(
        f"No program {program} in {' or '.join(str(root / pattern) for root in _ROOTS)}. Install "
        f"the Debian package: deploy/local_servers/install.sh {package}"
    )


def environment(program_folder: Path) -> Mapping[str, str]:
    """This process's environment, in which a program of that folder finds its libraries.

    Args:
        program_folder: as `find_folder` returned it.
    """
    if not program_folder.is_relative_to(UNPACKED):
        return os.environ
    folders = [str(each) for pattern in _LIBRARY_FOLDERS for each in UNPACKED.glob(pattern)]
    inherited = os.environ.get("LD_LIBRARY_PATH")
    path = os.pathsep.join([*folders, *([inherited] if inherited else [])])
    return {**os.environ, "LD_LIBRARY_PATH": path}


def _natural_order(path: Path) -> list[int]:
    return [int(part) for part in path.parts if part.isdigit()]

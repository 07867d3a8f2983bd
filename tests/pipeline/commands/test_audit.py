"""The command, on audits of a few made-up ratings that are planted."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from audit import audits, subject
from movielens.datasets.synthetic import write_synthetic
from pipeline.cli import main
from pipeline.commands import audit as audit_command
from scoreboard.protocols import PROTOCOLS

RunCommand = Callable[..., int]


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunCommand:
    """Runs `movielens audit`, in which `own label` finds these violations, and returns its code."""
    write_synthetic(tmp_path, users=20, movies=30, ratings=300, seed=1)
    monkeypatch.setattr(subject.Subject, "prepare", lambda rated, _: rated)

    def run(*options: str, finds: tuple[str, ...] = ()) -> int:
        planted = {"own label": lambda rated: [each for each in finds if len(rated.rows) == 300]}
        monkeypatch.setattr(audits, "AUDITS", planted)
        return main(["audit", "--data", str(tmp_path), *options])

    return run


def test_passed_audits_are_listed(audit: RunCommand, capfd: pytest.CaptureFixture[str]) -> None:
    assert audit() == 0
    out, err = capfd.readouterr()
    assert err == "preparing the features ...\nown label ...\n"
    assert out.splitlines()[-1].split() == ["own", "label", "nothing"]


def test_a_leak_is_named_and_fails_the_command(
    audit: RunCommand, capfd: pytest.CaptureFixture[str]
) -> None:
    assert audit(finds=tuple(f"train: feature {number} changed" for number in range(7))) == 1
    out, err = capfd.readouterr()
    assert "train: feature 4 changed; and 2 more" in out
    assert err.endswith("error: features look where they must not: own label\n")


def test_json_holds_every_violation(audit: RunCommand, capfd: pytest.CaptureFixture[str]) -> None:
    assert audit("--json", finds=("train: year changed",)) == 1
    assert json.loads(capfd.readouterr().out) == [
        {"audit": "own label", "violations": ["train: year changed"]}
    ]


def test_what_a_library_makes_of_an_interrupt_does_not_count(
    audit: RunCommand, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt as error:
            raise RuntimeError("a step failed") from error

    monkeypatch.setattr(subject, "read_ratings", interrupted)
    assert audit() == 130
    assert capfd.readouterr().err.endswith("error: interrupted\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--protocol", "reference-leaky"],
            "argument --protocol: invalid choice: 'reference-leaky' (choose from ",
        ),
        (["--data", "/none"], "the data folder /none does not exist"),
    ],
)
def test_bad_input_is_one_line_without_tensorflow(options: list[str], message: str) -> None:
    program = (
        "import sys; from pipeline.cli import main; code = main(sys.argv[1:]); "
        "assert 'tensorflow' not in sys.modules; sys.exit(code)"
    )
    command = [sys.executable, "-c", program, "audit", *options]
    process = subprocess.run(command, check=False, capture_output=True, text=True)
    assert process.returncode == 2
    assert process.stderr.startswith(f"error: {message}")
    assert process.stderr.count("\n") == 1


def test_every_honest_protocol_can_be_audited_and_no_leaky_one() -> None:
    honest = [protocol.name for protocol in PROTOCOLS.values() if not protocol.is_leaky]
    assert list(audit_command._PROTOCOLS) == honest

"""The command, with a stand-in for the program that does the work."""

import json

import pytest

from pipeline.cli import main
from pipeline.commands import benchmark_program


@pytest.fixture
def finds(tmp_path, monkeypatch):
    """Makes a checkout whose program finds these violations."""
    folder = tmp_path / "audit"
    folder.mkdir(parents=True)
    monkeypatch.setattr(benchmark_program, "_ROOT", tmp_path)

    def install(*violations: str) -> None:
        started = {"kind": "started", "audit": "own label"}
        finding = {"kind": "finding", "audit": "own label", "violations": violations}
        (folder / "__main__.py").write_text(
            "".join(f"print({json.dumps(event)!r})\n" for event in (started, finding))
        )

    return install


def test_passed_audits_are_listed(finds, capsys):
    finds()
    assert main(["audit"]) == 0
    out, err = capsys.readouterr()
    assert err == "own label ...\n"
    assert out.splitlines()[-1].split() == ["own", "label", "nothing"]


def test_a_leak_is_named_and_fails_the_command(finds, capsys):
    finds(*[f"train: feature {number} changed" for number in range(7)])
    assert main(["audit"]) == 1
    out, err = capsys.readouterr()
    assert "train: feature 4 changed; and 2 more" in out
    assert err.endswith("error: features look where they must not: own label\n")


def test_json_holds_every_violation(finds, capsys):
    finds("train: year changed")
    assert main(["audit", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == [
        {"audit": "own label", "violations": ["train: year changed"]}
    ]

import json

import pytest

from audit import __main__ as program
from audit.audits import AUDITS
from movielens.datasets.synthetic import write_synthetic


def test_the_program_tells_when_each_audit_starts_and_what_it_found(tmp_path, capsys, monkeypatch):
    write_synthetic(tmp_path, users=30, movies=60, ratings=900, seed=1)
    planted = {"histories": AUDITS["histories"], "planted": lambda _: ["a leak"]}
    monkeypatch.setattr(program, "AUDITS", planted)
    assert program.main(["--data", str(tmp_path)]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events == [
        {"kind": "started", "audit": "preparing the features"},
        {"kind": "started", "audit": "histories"},
        {"kind": "finding", "audit": "histories", "violations": []},
        {"kind": "started", "audit": "planted"},
        {"kind": "finding", "audit": "planted", "violations": ["a leak"]},
    ]


def test_the_leaky_protocol_is_no_subject(capsys):
    with pytest.raises(SystemExit, match="2"):
        program.main(["--protocol", "reference-leaky"])
    assert "invalid choice: 'reference-leaky'" in capsys.readouterr().err

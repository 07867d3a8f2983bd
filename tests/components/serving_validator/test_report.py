from pathlib import Path

from components.serving_validator.report import (
    REPORT_FILE,
    CanaryReport,
    CandidateError,
    Finding,
    read_report,
)

FINDING = Finding(subject="rate", expected="a finite number", received="nan")


def test_a_report_survives_its_file(tmp_path: Path) -> None:
    report = CanaryReport(findings=(FINDING,), requests=7, p99_ms=3.25, memory_mb=512)
    (tmp_path / REPORT_FILE).write_text(report.model_dump_json())
    assert read_report(tmp_path) == report


def test_where_another_validator_has_judged_there_is_no_report(tmp_path: Path) -> None:
    assert read_report(tmp_path) is None


def test_a_candidate_is_blessed_if_nothing_was_found() -> None:
    assert CanaryReport(requests=1).blessed
    assert not CanaryReport(findings=(FINDING,)).blessed


def test_a_finding_says_what_where_and_what_instead() -> None:
    assert str(FINDING) == "rate: expected a finite number. Received: nan"
    error = CandidateError("the model", expected="a graph", received=ValueError("no graph"))
    assert str(error) == "the model: expected a graph. Received: no graph"

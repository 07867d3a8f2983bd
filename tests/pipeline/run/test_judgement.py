from pathlib import Path
from typing import Any

import pytest
from tfx.types import standard_artifacts

from components.serving_validator.report import REPORT_FILE, CanaryReport, Finding
from pipeline.run import judgement
from pipeline.run.judgement import judge

MEASURED: dict[str, Any] = {"metrics": {"rmse": 0.9}, "changes": {}, "slices": []}
FINDING = Finding(subject="rate of user 1", expected="a finite number", received="nan")


@pytest.fixture(params=[True, False])
def evaluator_blessed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the Evaluator let the model pass."""
    blessed = bool(request.param)
    failures = [] if blessed else ["rmse 0.9 is above its ceiling 0.8 overall"]

    def measured(_: object) -> dict[str, Any]:
        return {"blessed": blessed, "failures": list(failures), **MEASURED}

    monkeypatch.setattr(judgement, "_measured", measured)
    return blessed


def canary_output(folder: Path, report: CanaryReport) -> dict[str, Any]:
    artifact = standard_artifacts.InfraBlessing()
    artifact.uri = str(folder)
    artifact.set_int_custom_property("blessed", int(report.blessed))
    (folder / REPORT_FILE).write_text(report.to_json())
    return {"blessing": [artifact]}


@pytest.mark.parametrize("findings", [(), (FINDING,)])
def test_a_model_is_blessed_if_evaluator_and_canary_let_it_pass(
    tmp_path: Path, evaluator_blessed: bool, findings: tuple[Finding, ...]
) -> None:
    report = CanaryReport(findings=findings, requests=1, p99_ms=1.0, memory_mb=1)
    judged = judge({"ServingValidator": canary_output(tmp_path, report)})
    assert judged["blessed"] is (evaluator_blessed and not findings)
    assert judged["metrics"] == {"rmse": 0.9}
    said = "ServingValidator: rate of user 1: expected a finite number. Received: nan"
    assert (said in judged["failures"]) is bool(findings)
    assert len(judged["failures"]) == (not evaluator_blessed) + len(findings)


def test_without_a_canary_the_evaluator_alone_decides(evaluator_blessed: bool) -> None:
    assert judge({})["blessed"] is evaluator_blessed

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tfx.types import standard_artifacts

from components.serving_validator.report import REPORT_FILE, CanaryReport, Finding
from pipeline.nodes import judging
from pipeline.nodes.judging import Judgement, judge

MEASURED: dict[str, Any] = {"metrics": {"rmse": 0.9}, "slices": []}
FINDING = Finding(subject="rate of user 1", expected="a finite number", received="nan")


@pytest.fixture(params=[True, False])
def evaluator_blessed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the Evaluator accepted the model."""
    blessed = bool(request.param)
    failures = [] if blessed else ["rmse 0.9 is above its ceiling 0.8 overall"]
    results = SimpleNamespace(to_json_dict=lambda: MEASURED)
    verdict = SimpleNamespace(blessed=blessed, failures=failures)
    monkeypatch.setattr(judging, "read_results", lambda _: results)
    monkeypatch.setattr(judging, "read_verdict", lambda _: verdict)
    return blessed


def evaluator_output(folder: Path) -> dict[str, Any]:
    artifact = standard_artifacts.ModelEvaluation()
    artifact.uri = str(folder)
    return {"evaluation": [artifact]}


def canary_output(folder: Path, report: CanaryReport) -> dict[str, Any]:
    artifact = standard_artifacts.InfraBlessing()
    artifact.uri = str(folder)
    artifact.set_int_custom_property("blessed", int(report.blessed))
    (folder / REPORT_FILE).write_text(report.model_dump_json())
    return {"blessing": [artifact]}


@pytest.mark.parametrize("findings", [(), (FINDING,)])
def test_a_model_is_blessed_if_evaluator_and_canary_accept_it(
    tmp_path: Path, evaluator_blessed: bool, findings: tuple[Finding, ...]
) -> None:
    report = CanaryReport(findings=findings, requests=1, p99_ms=1.0, memory_mb=1)
    canary = canary_output(tmp_path, report)
    judged = judge({"Evaluator": evaluator_output(tmp_path), "ServingValidator": canary})
    assert judged.blessed is (evaluator_blessed and not findings)
    assert judged.metrics == {"rmse": 0.9}
    said = "ServingValidator: rate of user 1: expected a finite number. Received: nan"
    assert (said in judged.failures) is bool(findings)
    assert len(judged.failures) == (not evaluator_blessed) + len(findings)


def test_without_a_canary_the_evaluator_alone_decides(
    tmp_path: Path, evaluator_blessed: bool
) -> None:
    assert judge({"Evaluator": evaluator_output(tmp_path)}).blessed is evaluator_blessed


def test_a_run_that_did_not_get_to_its_evaluator_has_no_blessed_model() -> None:
    assert judge({}) == Judgement(blessed=False, failures=[])

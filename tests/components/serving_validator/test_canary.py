"""Candidates that are really broken, each in one way, and tried by a real server."""

import os
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from components.serving_validator import canary
from components.serving_validator.canary import Timing, percentile_99
from components.serving_validator.report import CanaryReport, Finding
from components.serving_validator.settings import CanarySettings
from serving.errors import ServerStartError
from tests.components.serving_validator.conftest import Examine
from tests.components.serving_validator.toy_candidates import (
    TyingCandidate,
    add_warm_up,
    eval_rows,
    save_candidate,
)


@pytest.fixture(scope="module")
def sound_report(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    log = tmp_path_factory.mktemp("log") / "server.log"
    return canary.examine(sound, eval_rows(4), CanarySettings(), log)


def process_id() -> tf.Tensor:
    """Another number in each process, and no op that a test's seed or determinism could rule."""
    return tf.strings.to_number(tf.strings.split(tf.io.read_file("/proc/self/stat"))[0])


def sole_finding(report: CanaryReport) -> Finding:
    assert not report.blessed
    (finding,) = report.findings
    return finding


def test_a_sound_candidate_is_blessed_and_measured(sound_report: CanaryReport) -> None:
    assert sound_report.findings == ()
    assert sound_report.blessed
    assert sound_report.requests == 4 * 5  # ratings times signatures
    assert 0 < sound_report.p99_ms <= CanarySettings().max_p99_ms
    assert 50 < sound_report.memory_mb < 2000


def test_a_missing_asset_is_told_as_the_server_tells_it(
    versions: Path, examine_candidate: Examine
) -> None:
    (asset,) = (save_candidate(versions) / "assets").iterdir()
    asset.unlink()
    finding = sole_finding(examine_candidate())
    assert finding.subject == "the model"
    assert finding.expected == "that a server loads it within 300 s"
    assert asset.name in finding.received
    assert "No such file" in finding.received
    assert "Its log, server.log, ends with: " in finding.received


def test_truncated_variables_are_told_as_the_server_tells_it(
    versions: Path, examine_candidate: Examine
) -> None:
    (data,) = (save_candidate(versions) / "variables").glob("*.data-*")
    data.write_bytes(data.read_bytes()[:2])
    finding = sole_finding(examine_candidate())
    assert finding.subject == "the model"
    assert "Read less bytes than requested" in finding.received


def test_a_warm_up_request_that_fails_fails_the_load(
    versions: Path, examine_candidate: Examine
) -> None:
    add_warm_up(save_candidate(versions), "recommendations")
    finding = sole_finding(examine_candidate())
    assert finding.subject == "the model"
    assert 'Serving signature key "recommendations" not found' in finding.received


def test_warm_up_requests_are_asked_and_compared_too(
    versions: Path, examine_candidate: Examine
) -> None:
    add_warm_up(save_candidate(versions, weight=float("inf")), "similar")
    findings = [str(finding) for finding in examine_candidate().findings]
    assert (
        "similar of warm-up record 1, output scores[0][0]: expected a finite number. Received: inf"
    ) in findings


def test_weights_that_are_no_numbers_are_told_with_request_and_place(
    versions: Path, examine_candidate: Examine
) -> None:
    save_candidate(versions, weight=float("nan"))
    report = examine_candidate()
    assert not report.blessed
    # The first of each signature; every one of them multiplies by the weight.
    assert [str(finding) for finding in report.findings] == [
        f"{signature} of user 1's rating of movie 10, output {output}: "
        "expected a finite number. Received: nan"
        for signature, output in [
            ("serving_default", "liked[0]"),
            ("rate", "liked[0][0]"),
            ("recommend", "scores[0][0]"),
            ("similar", "scores[0][0]"),
            ("embed", "embeddings[0][0]"),
        ]
    ]
    assert report.requests == 5
    assert report.p99_ms is None


def test_an_answer_that_is_not_the_offline_one_is_told_with_both(
    versions: Path, examine_candidate: Examine
) -> None:
    save_candidate(versions, twist=lambda rating: rating + process_id())
    finding = sole_finding(examine_candidate())
    assert finding.subject == "rate of user 1's rating of movie 10, output liked[0][0]"
    expected, _, rest = finding.expected.partition(" ")
    assert rest == "within 1e-05, as offline"
    assert float(expected) == pytest.approx(os.getpid(), abs=2)
    assert abs(float(expected) - float(finding.received)) > 0.5


def test_a_server_that_orders_ties_otherwise_is_no_fault_of_the_candidate(
    versions: Path, examine_candidate: Examine
) -> None:
    save_candidate(versions, kind=TyingCandidate)
    assert examine_candidate(rows=2).findings == ()


def test_a_server_that_orders_unlike_scores_otherwise_is_told(
    versions: Path, examine_candidate: Examine
) -> None:
    save_candidate(versions, kind=partial(TyingCandidate, step=1e-3))
    assert [str(finding) for finding in examine_candidate(rows=1).findings] == [
        f"{signature} of user 1's rating of movie 10, output {output}: expected 10, as offline. "
        "Received: 50"
        for signature, output in [
            ("recommend", "movie_ids[0][0]"),
            ("similar", "movie_ids[0][0]"),
            ("embed", "similar_movie_ids[0][0]"),
        ]
    ]


def test_a_request_that_fails_is_told_with_the_server_s_words(
    versions: Path, examine_candidate: Examine
) -> None:
    def refuse(rating: tf.Tensor) -> tf.Tensor:
        with tf.control_dependencies([tf.debugging.assert_greater(rating, 9.0, "too low")]):
            return tf.identity(rating)

    save_candidate(versions, twist=refuse)
    finding = sole_finding(examine_candidate())
    assert finding.subject == "rate of user 1's rating of movie 10"
    assert finding.expected == "an answer"
    assert finding.received.startswith("INVALID_ARGUMENT: ")
    assert "too low" in finding.received


def test_a_slow_candidate_is_told_with_its_slowest_requests(
    versions: Path, examine_candidate: Examine
) -> None:
    def slow(rating: tf.Tensor) -> tf.Tensor:
        work = tf.fill([1000, 1000], tf.reduce_mean(rating) * 1e-6)
        for _ in range(4):
            work = work @ work
        return rating + work[0, 0]

    save_candidate(versions, twist=slow)
    finding = sole_finding(examine_candidate(rows=2, max_p99_ms=20.0))
    assert finding.subject.startswith("99th percentile of the sample requests, rate of user ")
    assert finding.expected == "at most max_p99_ms = 20 ms"
    assert finding.received.endswith(" ms")
    assert float(finding.received.removesuffix(" ms")) > 20


def test_a_candidate_that_takes_too_much_memory_is_told_how_much(
    versions: Path, examine_candidate: Examine, sound_report: CanaryReport
) -> None:
    save_candidate(versions, ballast_mb=150)
    bound = sound_report.memory_mb + 60
    finding = sole_finding(examine_candidate(max_memory_mb=bound))
    assert finding.subject == "resident memory of the server after all requests"
    assert finding.expected == f"at most max_memory_mb = {bound} MB"
    assert int(finding.received.removesuffix(" MB")) > bound


def test_what_the_graph_tells_needs_no_server(
    versions: Path, examine_candidate: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "ServerProcess", None)
    save_candidate(
        versions, twist=lambda rating: tf.py_function(abs, [rating], tf.float32), similar=None
    )
    report = examine_candidate()
    assert report.findings[0].subject == "the model"
    assert "EagerPyFunc, which needs Python" in {finding.received for finding in report.findings}


def test_a_folder_without_its_graph_is_told(
    sound: Path, versions: Path, examine_candidate: Examine
) -> None:
    shutil.copytree(sound, versions)
    (versions / "1" / "saved_model.pb").unlink()
    finding = sole_finding(examine_candidate())
    assert str(finding) == "the model: expected a file saved_model.pb. Received: no such file"


def test_a_server_that_cannot_start_is_no_fault_of_the_candidate(
    sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "_LOAD_ONCE", ("--grpc_max_threads=0",))
    with pytest.raises(ServerStartError, match="grpc_max_threads must be at least 1"):
        canary.examine(sound, eval_rows(1), CanarySettings(), tmp_path / "log")


def test_a_log_that_cannot_be_written_is_no_fault_of_the_candidate(
    sound: Path, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError, match="absent"):
        canary.examine(sound, eval_rows(1), CanarySettings(), tmp_path / "absent" / "log")


@pytest.mark.parametrize(("count", "rank"), [(1, 1), (2, 2), (100, 99), (101, 100), (200, 198)])
def test_the_99th_percentile_is_the_nearest_rank(count: int, rank: int) -> None:
    timings = [Timing(str(number), float(number)) for number in range(count, 0, -1)]
    assert percentile_99(timings) == Timing(str(rank), float(rank))


def test_of_no_request_there_is_no_percentile() -> None:
    assert percentile_99([]) is None

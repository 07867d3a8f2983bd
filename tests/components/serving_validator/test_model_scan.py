from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from components.serving_validator.model_scan import read_meta_graph, unservable_parts
from components.serving_validator.report import CandidateError
from tests.components.serving_validator.toy_candidates import Twist, save_candidate


def scanned(model: Path) -> list[str]:
    return [str(finding) for finding in unservable_parts(read_meta_graph(model))]


def test_plain_ops_pass(sound: Path) -> None:
    assert scanned(sound / "1") == []


@pytest.mark.parametrize(
    ("twist", "op"),
    [
        (lambda rating: tf.py_function(abs, [rating], tf.float32), "EagerPyFunc"),
        (lambda rating: tf.numpy_function(abs, [rating], tf.float32), "PyFunc"),
    ],
)
def test_python_in_the_graph_is_told_with_its_function_and_node(
    versions: Path, twist: Twist, op: str
) -> None:
    findings = scanned(save_candidate(versions, twist=twist))
    assert len(findings) == 2  # `rate` has two outputs
    for finding in findings:
        assert finding.startswith("function __inference_rate_")
        assert f", node {op}" in finding
        assert finding.endswith(
            f": expected ops that TensorFlow Serving runs. Received: {op}, which needs Python"
        )


def test_a_function_that_xla_must_compile_is_told(versions: Path) -> None:
    @tf.function(jit_compile=True)
    def doubled(rating: Any) -> Any:
        return 2 * rating

    findings = scanned(save_candidate(versions, twist=doubled))
    assert any(
        finding.startswith("function __inference_doubled_")
        and finding.endswith("Received: jit_compile=True")
        for finding in findings
    )


def test_a_ragged_output_is_told(sound: Path) -> None:
    meta_graph = read_meta_graph(sound / "1")
    info = meta_graph.signature_def["recommend"].outputs["titles"]
    info.composite_tensor.type_spec.type_spec_class = 3  # RaggedTensorSpec
    (finding,) = unservable_parts(meta_graph)
    assert str(finding) == (
        "signature recommend, output titles: expected a dense tensor. Received: composite_tensor"
    )


def test_a_file_that_is_no_graph_is_told(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"no graph at all")
    with pytest.raises(CandidateError, match=r"saved_model\.pb: expected a SavedModel"):
        read_meta_graph(tmp_path)


def test_a_graph_for_training_alone_is_told(sound: Path, tmp_path: Path) -> None:
    saved = (sound / "1" / "saved_model.pb").read_bytes()
    (tmp_path / "saved_model.pb").write_bytes(saved.replace(b"serve", b"train"))
    with pytest.raises(CandidateError, match=r"a graph with the tag serve\. Received: none"):
        read_meta_graph(tmp_path)

"""Looks through a SavedModel's graph for what a model server cannot run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

from components.serving_validator.report import CandidateError, Finding
from serving.server.runtime.saved_model import SAVED_MODEL_FILE, SERVE_TAG

_PYTHON_OPS: Final = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})
_XLA_PREFIX: Final = "Xla"
_COMPILED_ATTRIBUTE: Final = "_XlaMustCompile"


def read_meta_graph(model: Path) -> Any:
    """Reads what a server would load of a SavedModel.

    Args:
        model: the folder that holds saved_model.pb.

    Returns:
        The MetaGraphDef with the tag `serve`.

    Raises:
        CandidateError: there is none.
    """
    path = model / SAVED_MODEL_FILE
    if not path.is_file():
        raise CandidateError(
            "the model", expected=f"a file {SAVED_MODEL_FILE}", received="no such file"
        )
    try:
        saved_model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    except DecodeError as error:
        raise CandidateError(SAVED_MODEL_FILE, expected="a SavedModel", received=error) from error
    for meta_graph in saved_model.meta_graphs:
        if SERVE_TAG.decode() in meta_graph.meta_info_def.tags:
            return meta_graph
    raise CandidateError(
        SAVED_MODEL_FILE, expected=f"a graph with the tag {SERVE_TAG.decode()}", received="none"
    )


def unservable_parts(meta_graph: Any) -> Iterator[Finding]:
    """Names what TensorFlow Serving loads and then cannot run, or cannot answer with.

    Python functions, for it has no Python; functions that XLA must compile, for it compiles none;
    outputs that are no plain tensors. An op that it does not know at all fails the load.

    Args:
        meta_graph: the model's MetaGraphDef.
    """
    for where, node in _nodes(meta_graph.graph_def):
        if node.op in _PYTHON_OPS:
            yield _unservable(f"{where}, node {node.name}", f"{node.op}, which needs Python")
        elif node.op.startswith(_XLA_PREFIX) or _is_compiled(node):
            yield _unservable(f"{where}, node {node.name}", f"{node.op}, which needs XLA")
    for function in meta_graph.graph_def.library.function:
        if _is_compiled(function):
            yield _unservable(f"function {function.signature.name}", "jit_compile=True")
    for name, signature in meta_graph.signature_def.items():
        for alias, info in signature.outputs.items():
            if info.WhichOneof("encoding") != "name":
                yield Finding(
                    subject=f"signature {name}, output {alias}",
                    expected="a dense tensor",
                    received=info.WhichOneof("encoding") or "nothing",
                )


def _nodes(graph: Any) -> Iterator[tuple[str, Any]]:
    yield from (("the graph", node) for node in graph.node)
    for function in graph.library.function:
        where = f"function {function.signature.name}"
        yield from ((where, node) for node in function.node_def)


def _is_compiled(part: Any) -> bool:
    return _COMPILED_ATTRIBUTE in part.attr and bool(part.attr[_COMPILED_ATTRIBUTE].b)


def _unservable(subject: str, received: str) -> Finding:
    return Finding(subject=subject, expected="ops that TensorFlow Serving runs", received=received)

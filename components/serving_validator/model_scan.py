"""Looks through a SavedModel for what clients rely on and for what a model server cannot run."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

from components.serving_validator.report import CandidateError, Finding
from serving import contract
from serving.protos import types_pb2
from serving.server.runtime.saved_model import SAVED_MODEL_FILE, SERVE_TAG
from serving.tensors import data_type

_PYTHON_OPS: Final = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})
_XLA_PREFIX: Final = "Xla"
_COMPILED_ATTRIBUTE: Final = "_XlaMustCompile"


def read_meta_graph(model: Path) -> Any:
    """Returns the MetaGraphDef that a server would load of the SavedModel in a folder."""
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


def breaches(meta_graph: Any) -> Iterator[Finding]:
    """Yields where the signatures of a MetaGraphDef break the contract with clients.

    More signatures and more outputs break nothing. One more input does: no client sends it.
    """
    for name, expected in contract.SIGNATURES.items():
        if name not in meta_graph.signature_def:
            names = sorted(each for each in meta_graph.signature_def if not each.startswith("__"))
            yield Finding(
                subject="the model", expected=f"a signature {name}", received=", ".join(names)
            )
            continue
        signature = meta_graph.signature_def[name]
        yield from _tensor_breaches(f"signature {name}, input", expected.inputs, signature.inputs)
        yield from _tensor_breaches(
            f"signature {name}, output", expected.outputs, signature.outputs
        )
        for further in sorted(set(signature.inputs) - set(expected.inputs)):
            yield Finding(
                subject=f"signature {name}, input {further}",
                expected=f"the inputs {', '.join(sorted(expected.inputs))} alone",
                received="an input that no client sends",
            )


def unservable_parts(meta_graph: Any) -> Iterator[Finding]:
    """Yields what TensorFlow Serving loads but cannot run, or cannot return, of a MetaGraphDef.

    It has no Python for Python functions, compiles no functions for XLA, and returns only plain
    tensors. An op that it does not know fails the load, so that is not looked for here.
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


def _tensor_breaches(
    where: str, expected: Mapping[str, contract.Tensor], received: Mapping[str, Any]
) -> Iterator[Finding]:
    for name, form in expected.items():
        is_text = form.dtype == "string"
        dtype = types_pb2.DT_STRING if is_text else data_type(np.dtype(form.dtype))
        described = f"{types_pb2.DataType.Name(dtype)} of rank {form.rank}"
        if name not in received:
            listed = ", ".join(sorted(received)) or "none"
            yield Finding(subject=f"{where} {name}", expected=described, received=listed)
            continue
        info = received[name]
        shape = info.tensor_shape
        if info.dtype != dtype or not (shape.unknown_rank or len(shape.dim) == form.rank):
            rank = "unknown rank" if shape.unknown_rank else f"rank {len(shape.dim)}"
            given = f"{types_pb2.DataType.Name(info.dtype)} of {rank}"
            yield Finding(subject=f"{where} {name}", expected=described, received=given)


def _nodes(graph: Any) -> Iterator[tuple[str, Any]]:
    yield from (("the graph", node) for node in graph.node)
    for function in graph.library.function:
        where = f"function {function.signature.name}"
        yield from ((where, node) for node in function.node_def)


def _is_compiled(part: Any) -> bool:
    return _COMPILED_ATTRIBUTE in part.attr and bool(part.attr[_COMPILED_ATTRIBUTE].b)


def _unservable(subject: str, received: str) -> Finding:
    return Finding(subject=subject, expected="ops that TensorFlow Serving runs", received=received)

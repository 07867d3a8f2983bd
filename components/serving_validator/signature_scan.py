"""Looks through a SavedModel's signatures for what clients rely on."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from components.serving_validator.report import Finding
from serving import contract
from serving.protos import types_pb2
from serving.tensors import data_type


def breaches(meta_graph: Any) -> Iterator[Finding]:
    """Says where a model's signatures are not those that clients rely on.

    Further signatures and further outputs break nothing; a further input does, for no client sends
    it.

    Args:
        meta_graph: the model's MetaGraphDef.
    """
    for name, expected in contract.SIGNATURES.items():
        if name not in meta_graph.signature_def:
            there = sorted(each for each in meta_graph.signature_def if not each.startswith("__"))
            yield Finding(
                subject="the model", expected=f"a signature {name}", received=", ".join(there)
            )
            continue
        signature = meta_graph.signature_def[name]
        yield from _breaches(f"signature {name}, input", expected.inputs, signature.inputs)
        yield from _breaches(f"signature {name}, output", expected.outputs, signature.outputs)
        for further in sorted(set(signature.inputs) - set(expected.inputs)):
            yield Finding(
                subject=f"signature {name}, input {further}",
                expected=f"the inputs {', '.join(sorted(expected.inputs))} alone",
                received="an input that no client sends",
            )


def _breaches(
    where: str, expected: Mapping[str, contract.Tensor], received: Mapping[str, Any]
) -> Iterator[Finding]:
    for name, form in expected.items():
        if name not in received:
            listed = ", ".join(sorted(received)) or "none"
            yield Finding(subject=f"{where} {name}", expected=_told(form), received=listed)
        elif not _fits(received[name], form):
            told = _described(received[name])
            yield Finding(subject=f"{where} {name}", expected=_told(form), received=told)


def _fits(info: Any, form: contract.Tensor) -> bool:
    shape = info.tensor_shape
    return info.dtype == _data_type(form) and (shape.unknown_rank or len(shape.dim) == form.rank)


def _told(form: contract.Tensor) -> str:
    return f"{types_pb2.DataType.Name(_data_type(form))} of rank {form.rank}"


def _data_type(form: contract.Tensor) -> int:
    is_text = form.dtype == "string"
    return types_pb2.DT_STRING if is_text else data_type(np.dtype(form.dtype))


def _described(info: Any) -> str:
    shape = info.tensor_shape
    rank = "unknown rank" if shape.unknown_rank else f"rank {len(shape.dim)}"
    return f"{types_pb2.DataType.Name(info.dtype)} of {rank}"

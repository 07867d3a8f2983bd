"""The signatures that clients rely on: those that `serving.client.messages` writes requests for."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from components.serving_validator.report import Finding
from serving.protos import types_pb2

SERVING_DEFAULT: Final = "serving_default"
RATE: Final = "rate"
RECOMMEND: Final = "recommend"
SIMILAR: Final = "similar"
EMBED: Final = "embed"
# What the canary needs to tell ties from differences.
MOVIE_IDS: Final = "movie_ids"
SCORES: Final = "scores"
TITLES: Final = "titles"
EMBEDDINGS: Final = "embeddings"
SIMILAR_MOVIE_IDS: Final = "similar_movie_ids"
# A function of the SavedModel that is no signature: the list, with scores, of an embedding.
NEAREST: Final = "nearest"


class TensorForm(NamedTuple):
    """Type and rank of an input or output."""

    dtype: int
    rank: int

    def __str__(self) -> str:
        return f"{types_pb2.DataType.Name(self.dtype)} of rank {self.rank}"


class Signature(NamedTuple):
    """Inputs and outputs by name."""

    inputs: Mapping[str, TensorForm]
    outputs: Mapping[str, TensorForm]


_IDS: Final = TensorForm(types_pb2.DT_INT64, 2)
_NUMBERS: Final = TensorForm(types_pb2.DT_FLOAT, 2)
_TEXTS: Final = TensorForm(types_pb2.DT_STRING, 2)
_COUNT_A_ROW: Final = TensorForm(types_pb2.DT_INT32, 1)
_ID_A_ROW: Final = TensorForm(types_pb2.DT_INT64, 1)
_NUMBER_A_ROW: Final = TensorForm(types_pb2.DT_FLOAT, 1)
_TEXT_A_ROW: Final = TensorForm(types_pb2.DT_STRING, 1)

_HISTORY: Final = {"history_movie_ids": _IDS, "history_ratings": _NUMBERS}
_MOVIES: Final = {MOVIE_IDS: _IDS, SCORES: _NUMBERS, TITLES: _TEXTS}

CONTRACT: Final[Mapping[str, Signature]] = {
    SERVING_DEFAULT: Signature(
        {"examples": _TEXT_A_ROW}, {"rating": _NUMBER_A_ROW, "liked": _NUMBER_A_ROW}
    ),
    RATE: Signature(
        {**_HISTORY, "candidate_movie_ids": _IDS}, {"rating": _NUMBERS, "liked": _NUMBERS}
    ),
    RECOMMEND: Signature(
        {**_HISTORY, "exclude_movie_ids": _IDS, "k": _COUNT_A_ROW}, {**_MOVIES, "tier": _TEXT_A_ROW}
    ),
    SIMILAR: Signature({"movie_ids": _ID_A_ROW, "k": _COUNT_A_ROW}, _MOVIES),
    EMBED: Signature(
        {"titles": _TEXT_A_ROW, "genres": _TEXT_A_ROW},
        {EMBEDDINGS: _NUMBERS, SIMILAR_MOVIE_IDS: _IDS},
    ),
}


def breaches(meta_graph: Any) -> Iterator[Finding]:
    """Says where a model's signatures are not those that clients rely on.

    Further signatures and further outputs break nothing; a further input does, for no client sends
    it.

    Args:
        meta_graph: the model's MetaGraphDef.
    """
    for name, expected in CONTRACT.items():
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
    where: str, expected: Mapping[str, TensorForm], received: Mapping[str, Any]
) -> Iterator[Finding]:
    for name, form in expected.items():
        if name not in received:
            listed = ", ".join(sorted(received)) or "none"
            yield Finding(subject=f"{where} {name}", expected=str(form), received=listed)
        elif not _fits(received[name], form):
            told = _described(received[name])
            yield Finding(subject=f"{where} {name}", expected=str(form), received=told)


def _fits(info: Any, form: TensorForm) -> bool:
    shape = info.tensor_shape
    return info.dtype == form.dtype and (shape.unknown_rank or len(shape.dim) == form.rank)


def _described(info: Any) -> str:
    shape = info.tensor_shape
    rank = "unknown rank" if shape.unknown_rank else f"rank {len(shape.dim)}"
    return f"{types_pb2.DataType.Name(info.dtype)} of {rank}"

from typing import Any

import pytest

from components.serving_validator.model_scan import breaches
from serving import contract
from serving.client import NewMovie, RatedMovie, messages
from serving.protos import meta_graph_pb2, types_pb2

DTYPES = {
    "int64": types_pb2.DT_INT64,
    "int32": types_pb2.DT_INT32,
    "float32": types_pb2.DT_FLOAT,
    "string": types_pb2.DT_STRING,
}


def add_tensor(tensors: Any, name: str, dtype: int, rank: int) -> None:
    info = tensors[name]
    info.name, info.dtype = f"{name}:0", dtype
    for _ in range(rank):
        info.tensor_shape.dim.add(size=-1)


@pytest.fixture
def meta_graph() -> Any:
    """Signatures to the letter of the contract, for a test to spoil."""
    graph = meta_graph_pb2.MetaGraphDef()
    for name, signature in contract.SIGNATURES.items():
        for alias, form in signature.inputs.items():
            add_tensor(graph.signature_def[name].inputs, alias, DTYPES[form.dtype], form.rank)
        for alias, form in signature.outputs.items():
            add_tensor(graph.signature_def[name].outputs, alias, DTYPES[form.dtype], form.rank)
    return graph


def told(meta_graph: Any) -> list[str]:
    return [str(finding) for finding in breaches(meta_graph)]


def test_the_contract_is_what_the_client_sends() -> None:
    history = [[RatedMovie(movie_id=1, rating=5.0)]]
    sent = {
        "rate": messages.rate_inputs(history, [[1]]),
        "recommend": messages.recommend_inputs(history, k=1, exclude=None),
        "similar": messages.similar_inputs([1], k=1),
        "embed": messages.embed_inputs([NewMovie()]),
    }
    for name, inputs in sent.items():
        expected = contract.SIGNATURES[name].inputs
        assert inputs.keys() == expected.keys()
        for alias, array in inputs.items():
            dtype = "string" if array.dtype.hasobject else array.dtype.name
            assert (dtype, array.ndim) == expected[alias][:2], alias


def test_signatures_to_the_letter_pass(meta_graph: Any) -> None:
    assert told(meta_graph) == []


def test_further_signatures_outputs_and_unknown_ranks_pass(meta_graph: Any) -> None:
    meta_graph.signature_def["transform_features"].outputs["rating"].dtype = types_pb2.DT_FLOAT
    add_tensor(meta_graph.signature_def["embed"].outputs, "norms", types_pb2.DT_FLOAT, 1)
    meta_graph.signature_def["similar"].inputs["k"].tensor_shape.Clear()
    meta_graph.signature_def["similar"].inputs["k"].tensor_shape.unknown_rank = True
    assert told(meta_graph) == []


def test_a_missing_signature_is_told_with_those_that_there_are(meta_graph: Any) -> None:
    del meta_graph.signature_def["rate"]
    meta_graph.signature_def["__saved_model_init_op"].method_name = ""
    assert told(meta_graph) == [
        "the model: expected a signature rate. Received: embed, recommend, serving_default, similar"
    ]


def test_a_renamed_input_is_told_as_missing_and_as_one_that_nobody_sends(meta_graph: Any) -> None:
    inputs = meta_graph.signature_def["similar"].inputs
    inputs["count"].CopyFrom(inputs["k"])
    del inputs["k"]
    assert told(meta_graph) == [
        "signature similar, input k: expected DT_INT32 of rank 1. Received: count, movie_ids",
        "signature similar, input count: expected the inputs k, movie_ids alone. "
        "Received: an input that no client sends",
    ]


@pytest.mark.parametrize(
    ("side", "alias", "spoil", "message"),
    [
        (
            "inputs",
            "history_ratings",
            {"dtype": types_pb2.DT_DOUBLE, "rank": 2},
            "input history_ratings: expected DT_FLOAT of rank 2. Received: DT_DOUBLE of rank 2",
        ),
        (
            "outputs",
            "movie_ids",
            {"dtype": types_pb2.DT_INT64, "rank": 1},
            "output movie_ids: expected DT_INT64 of rank 2. Received: DT_INT64 of rank 1",
        ),
    ],
)
def test_another_type_or_rank_is_told_with_both(
    meta_graph: Any, side: str, alias: str, spoil: dict[str, int], message: str
) -> None:
    tensors = getattr(meta_graph.signature_def["recommend"], side)
    del tensors[alias]
    add_tensor(tensors, alias, **spoil)
    assert told(meta_graph) == [f"signature recommend, {message}"]

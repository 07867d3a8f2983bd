"""tf.Examples of Classify, Regress and MultiInference, as the tensor that a model takes.

servables/tensorflow/util.cc: a vector of serialized examples; a context's bytes are put in front of
each, which merges the two messages.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from serving.server.c_tensors import CTensor
from serving.server.request_limits import check_bytes
from serving.server.saved_model import SavedModel
from serving.server.status import invalid_argument
from serving.tensors import Array, encode_typed


def run_on_examples(
    model: SavedModel,
    examples: Sequence[bytes],
    input_name: str,
    output_names: Sequence[str],
    timeout_seconds: float | None,
) -> dict[str, Array]:
    """Runs a model on serialized examples.

    Returns:
        For each graph tensor name of `output_names`, its value.

    Raises:
        StatusError: whatever the failing op reports.
    """
    vector = np.empty(len(examples), dtype=object)
    vector[:] = examples
    feeds = {input_name: CTensor.from_proto(encode_typed(vector))}
    names = list(dict.fromkeys(output_names))
    return dict(zip(names, model.run(feeds, names, timeout_seconds), strict=True))


def serialized_examples(request_input: Any, max_bytes: int) -> list[bytes]:
    """The serialized examples of an Input, each with the context before it.

    Raises:
        StatusError: INVALID_ARGUMENT where there is none, RESOURCE_EXHAUSTED where the context,
            once repeated, takes more than `max_bytes`.
    """
    context = b""
    examples = request_input.example_list.examples
    if request_input.WhichOneof("kind") == "example_list_with_context":
        context = request_input.example_list_with_context.context.SerializeToString()
        examples = request_input.example_list_with_context.examples
    if not examples:
        raise invalid_argument("Input is empty.")
    check_bytes(request_input.ByteSize() + len(context) * len(examples), max_bytes)
    return [context + example.SerializeToString() for example in examples]


def shape_text(array: Array) -> str:
    """A shape as TensorFlow prints it.

    >>> shape_text(np.zeros([2, 3]))
    '[2,3]'
    """
    return f"[{','.join(map(str, array.shape))}]"

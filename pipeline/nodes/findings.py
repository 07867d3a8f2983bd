"""Which function says what a node found."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from tfx import types
from tfx.types import artifact_utils

Outputs: TypeAlias = Mapping[str, list[types.Artifact]]  # a node's artifacts by output key
Finding: TypeAlias = Callable[[Outputs], str]

_FINDINGS: Final[dict[str, Finding]] = {}


def says(*node_ids: str) -> Callable[[Finding], Finding]:
    """Marks the function that says, from their outputs, what these nodes found."""

    def mark(finding: Finding) -> Finding:
        _FINDINGS.update(dict.fromkeys(node_ids, finding))
        return finding

    return mark


def found_by(node_id: str, outputs: Outputs) -> str:
    """Says in a few words what a finished node found; empty if nothing is known of the node."""
    finding = _FINDINGS.get(node_id)
    return finding(outputs) if finding else ""


def sole_uri(outputs: Outputs, key: str) -> str:
    """Returns the folder of the one artifact of an output."""
    return str(artifact_utils.get_single_uri(outputs[key]))

"""The nodes of the pipeline: each function takes channels and returns the nodes that it adds.

Beside it stands what the node says it found, in a few words for its line in the terminal.

Nodes come from `tfx.components` rather than `tfx.v1`, which also loads Google Cloud's clients and
so makes a node start a third slower.
"""

from pipeline.nodes import comparing, data, judging, learning, reporting
from pipeline.nodes.findings import found_by

__all__ = ["comparing", "data", "found_by", "judging", "learning", "reporting"]

"""Collects for a run's report what only the model can tell: which movies it recommends to whom.

Everything else on the report's pages is read from the artifacts of other nodes, so that a run that
failed before this node has pages too (`report`).
"""

from typing import Final

PROBLEM_PROPERTY: Final = "report_problem"  # of the artifact, if the lists could not be made

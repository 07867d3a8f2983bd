"""What the model recommends is collected for the report of the run."""

import json
from typing import Any, Final

import tfx.types

from components.run_report.component import RunReport
from pipeline.fingerprint import fingerprint
from pipeline.nodes.findings import Outputs, says

REPORT: Final = "RunReport"
REPORT_MODULE: Final = "components.run_report.component"


def collect(model: tfx.types.BaseChannel, examples: tfx.types.BaseChannel) -> RunReport:
    """Asks the model for lists of some users, whatever became of it."""
    return RunReport(model, examples, code_fingerprint=fingerprint(REPORT_MODULE))


@says(REPORT)
def _collected(outputs: Outputs) -> str:
    (recommended,) = outputs["recommended"]
    found: dict[str, Any] = json.loads(recommended.read())
    if "problem" in found:
        return f"NO LISTS for the report: {found['problem']}"
    measured = found["popularity"]
    return (
        f"lists of {measured['users']:,} users, {measured['coverage']:.1%} of the catalogue, "
        f"{measured['long_tail_share']:.1%} long tail"
    )

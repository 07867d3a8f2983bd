"""What a run's artifacts say of its data and its model, in the words of the summary."""

from collections.abc import Mapping
from typing import Any, Final

from components.evaluator.results import read_results
from components.evaluator.verdict import read_verdict
from components.movielens_example_gen.report import read_report
from pipeline.nodes.findings import Outputs, canary_refusals, sole_uri

_DATASET_COUNTS: Final = ("ratings", "users", "movies", "bad_rows")
_CANARIES: Final = ("ServingValidator", "InfraValidator")  # whichever is in the pipeline


def dataset_counts(outputs: Outputs) -> Mapping[str, int] | None:
    """Counts what was ingested.

    Args:
        outputs: of the ExampleGen; none where it has not run.
    """
    if not outputs:
        return None
    report = read_report(sole_uri(outputs, "ingest_report"))
    return {name: int(report[name]) for name in _DATASET_COUNTS}


def judge(outputs: Mapping[str, Outputs]) -> dict[str, Any]:
    """Says what was measured of the model, and whether Evaluator and canary let it pass.

    Args:
        outputs: artifacts by node and output key.

    Returns:
        `blessed`, `metrics`, `changes`, `slices` and `failures` of a `RunSummary`.
    """
    judgement = _measured(outputs.get("Evaluator", {}))
    for node_id in _CANARIES:
        refusals = canary_refusals(outputs[node_id]) if outputs.get(node_id) else []
        judgement["failures"] += [f"{node_id}: {refusal}" for refusal in refusals]
        judgement["blessed"] &= not refusals
    return judgement


def _measured(outputs: Outputs) -> dict[str, Any]:
    if not outputs:
        return {"blessed": False, "metrics": {}, "changes": {}, "slices": [], "failures": []}
    folder = sole_uri(outputs, "evaluation")
    results, verdict = read_results(folder).to_json_dict(), read_verdict(folder)
    return {
        "blessed": verdict.blessed,
        "metrics": results["metrics"],
        "changes": results["changes"],
        "slices": results["slices"],
        "failures": [str(failure) for failure in verdict.failures],
    }

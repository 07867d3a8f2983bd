"""`movielens run --node`: one node of a run, for a scheduler that runs each in its own process."""

import argparse
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import terminal
from pipeline.config import PipelineConfig
from pipeline.config.node_ids import NODE_IDS
from pipeline.errors import EXIT_INTERRUPTED, MovieLensError, RunFailure, UsageError
from pipeline.run import unattended
from pipeline.run.log_file import output_to_log
from pipeline.run.record import RunSummary
from pipeline.run.stop_request import StopRequest

if TYPE_CHECKING:
    from pipeline.run.node import NodeOutcome


def check_arguments(args: argparse.Namespace) -> None:
    """Checks what `--node` and `--run-id` say.

    Raises:
        UsageError: One is given without the other, or is no possible node or run.
    """
    if (args.node is None) != (args.run_id is None):
        raise UsageError("--node and --run-id go together: which node, and of which run")
    if args.node is None:
        return
    if args.node not in NODE_IDS:
        raise UsageError(f"no node `{args.node}` among {', '.join(NODE_IDS)}")
    if not re.fullmatch(r"[\w.:~+-]+", args.run_id):
        raise UsageError(
            f"--run-id should hold letters, digits and any of `_.:~+-`. Received: {args.run_id!r}"
        )


def run_node(args: argparse.Namespace, config: PipelineConfig) -> int:
    """Runs the node that the command line names.

    Returns:
        0 when the node has done its work. That a model is refused is its Evaluator's work well
        done: the summary says so, and trying again would not help. 1 when the node failed or could
        not start, 2 when the pipeline has no such node, 130 when it was interrupted; all have been
        told.
    """
    with unattended.watched(config, args.run_id) as stop:
        try:
            return _run_node(args, config, stop)
        except (Exception, KeyboardInterrupt) as error:
            if stop.is_requested or isinstance(error, KeyboardInterrupt):
                terminal.fail(f"{args.node}: interrupted; the same command starts it afresh")
                return EXIT_INTERRUPTED
            if not isinstance(error, MovieLensError):
                raise
            terminal.fail(str(error))
            return error.exit_code


def _run_node(args: argparse.Namespace, config: PipelineConfig, stop: StopRequest) -> int:
    started = time.monotonic()
    log = config.output / "logs" / f"run-{args.run_id}-{args.node}.log"
    outcome = _execute(config, args.node, args.run_id, log, stop)
    if outcome.result.state == "failed":
        raise RunFailure(f"{args.node}: {outcome.result.why} (log: {log})")
    if args.json:
        terminal.emit_json(_as_json(outcome))
    if outcome.summary is not None:
        tell_end_of_run(outcome.summary, config)
    terminal.say(f"{args.node} {outcome.result.state} in {time.monotonic() - started:.0f} s")
    return 0


def tell_end_of_run(summary: RunSummary, config: PipelineConfig) -> None:
    """Says what came of the run that the node has ended."""
    if summary.status == "not_blessed":
        terminal.warn(
            f"run {summary.run_id}: NOT BLESSED, so not pushed: {'; '.join(summary.failures)}. "
            "What was served before is still served"
        )
    else:
        terminal.say(
            f"run {summary.run_id}: version {summary.pushed_version} is in {config.serving_model}"
        )


def _execute(
    config: PipelineConfig, node_id: str, run_id: str, log: Path, stop: StopRequest
) -> "NodeOutcome":
    with output_to_log(log) as stream:
        # TFX takes some twenty seconds to import.
        from pipeline.run.execute import start_logging
        from pipeline.run.node import execute_node

        start_logging(config, run_id)
        console = unattended.console(stream, config, run_id)
        return execute_node(config, node_id, run_id, console, stop)


def _as_json(outcome: "NodeOutcome") -> dict[str, object]:
    result = outcome.result
    return {
        "node": {
            "id": result.id,
            "state": result.state,
            "seconds": round(result.seconds, 3),
            "why": result.why,
            "peak_rss_mb": result.peak_rss_mb,
        },
        "summary": None if outcome.summary is None else outcome.summary.to_json_dict(),
    }

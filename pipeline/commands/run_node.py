"""`movielens run --node`: one node of a run, for schedulers that start each in its own process."""

import argparse
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import terminal
from pipeline.config import PipelineConfig
from pipeline.config.node_ids import NODE_IDS
from pipeline.errors import EXIT_INTERRUPTED, MovieLensError, RunFailure, UsageError
from pipeline.run.logs import console, log_path, output_to_log, start_logging, watched
from pipeline.run.record import Run
from pipeline.run.stop_request import StopRequest

if TYPE_CHECKING:
    from pipeline.run.node import NodeOfRun


def check_arguments(args: argparse.Namespace) -> None:
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
    """Runs the node that the command line names, and returns the exit code.

    A refused model is no failure of the node: the summary says so, and trying again would not help.
    """
    with watched(config, args.run_id) as stop:
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
    log = log_path(config, args.run_id, args.node)
    node, run = _execute(config, args.node, args.run_id, log, stop)
    if node.state == "failed":
        raise RunFailure(f"{args.node}: {node.why} (log: {log})")
    if args.json:
        summary = None if run is None else run.to_summary()
        terminal.emit_json({"node": node.to_json_dict(), "summary": summary})
    if run is not None:
        _report_run(run, config)
    terminal.say(f"{args.node} {node.state} in {time.monotonic() - started:.0f} s")
    return 0


def _report_run(run: Run, config: PipelineConfig) -> None:
    """Reports the run that the node has ended."""
    if run.status == "not_blessed":
        terminal.warn(
            f"run {run.run_id}: NOT BLESSED, so not pushed: {'; '.join(run.failures)}. "
            "What was served before is still served"
        )
    else:
        terminal.say(f"run {run.run_id}: version {run.pushed_version} is in {config.serving_model}")


def _execute(
    config: PipelineConfig, node_id: str, run_id: str, log: Path, stop: StopRequest
) -> "NodeOfRun":
    with output_to_log(log) as stream:
        # TFX takes some twenty seconds to import.
        from pipeline.run.node import execute_node

        start_logging(config, run_id)
        return execute_node(config, node_id, run_id, console(stream, config, run_id), stop)

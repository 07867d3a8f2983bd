"""Runs the pipeline. What an earlier run has done already is not done again.

Examples:
  movielens run                                  # the default data, everything under output/
  movielens run --data ml-25m --output runs/25m
  movielens run --config configs/local.toml --set trainer.epochs=5 --json
  movielens run --data "spans/span-{SPAN}" --span 3 --set data.window=7
  movielens run --tune --set tuner.trials=20 --set tuner.max_minutes=30
  movielens run --node Trainer --run-id nightly-1    # one node of a run, for a scheduler
"""

import argparse
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import terminal
from pipeline.commands.arguments import add_config_options, add_json_option, check_folder
from pipeline.config import PipelineConfig, load_config
from pipeline.config.node_ids import NODE_IDS
from pipeline.errors import EXIT_INTERRUPTED, MovieLensError, RunFailure, UsageError
from pipeline.run.lock import exclusive_run
from pipeline.run.logs import console, log_path, output_to_log, start_logging, watched
from pipeline.run.metrics_file import why_unwritable
from pipeline.run.outcome import keep_in_metadata, report, run_of_error, write_pages
from pipeline.run.record import Run, print_metrics, write_summary
from pipeline.run.stop_request import StopRequest

if TYPE_CHECKING:
    from pipeline.run.node import NodeOfRun


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_options(parser)
    parser.add_argument(
        "--help-config", action="store_true", help="print every option of the configuration"
    )
    parser.add_argument("--output", metavar="DIR", help="where everything goes [output]")
    parser.add_argument("--data", metavar="DIR", help="a MovieLens folder [ml-latest-small, 2016]")
    parser.add_argument(
        "--span",
        type=int,
        metavar="N",
        help="run span N of --data spans/span-{SPAN} again [newest]",
    )
    parser.add_argument(
        "--tune",
        action="store_true",
        help="look for better hyper-parameters first, within tuner.trials and tuner.max_minutes",
    )
    parser.add_argument("--node", metavar="ID", help="run this node only, of the run --run-id")
    parser.add_argument("--run-id", metavar="ID", help="the run that --node belongs to")
    add_json_option(parser)
    parser.add_argument(
        "--log-format",
        choices=("text", "json"),
        help="json makes every line on stderr an object, the last one the run's outcome",
    )


def run(args: argparse.Namespace) -> int:
    """Returns 0 if a blessed model is served or, with `--node`, the node succeeded."""
    if args.help_config:
        from pipeline.config.reference import reference

        terminal.emit_text(reference())
        return 0
    started = time.monotonic()
    _check_node(args)
    overrides = [*args.set, "tuner.enabled=true"] if args.tune else list(args.set)
    if args.log_format is not None:
        overrides.append(f"pipeline.log_format={args.log_format}")
    config = load_config(
        args.config, overrides=overrides, output=args.output, data=args.data, span=args.span
    )
    _check_data(config)
    if args.node is not None:
        return _run_node(args, config)
    run_id = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    with watched(config, run_id) as stop:
        try:
            return _run(args, config, run_id, started, stop)
        except (MovieLensError, KeyboardInterrupt) as error:
            if config.pipeline.log_format == "text":
                raise  # the command line prints it; collectors have got the outcome already
            return error.exit_code if isinstance(error, MovieLensError) else EXIT_INTERRUPTED


def _run(
    args: argparse.Namespace,
    config: PipelineConfig,
    run_id: str,
    started: float,
    stop: StopRequest,
) -> int:
    log = log_path(config, run_id)
    if config.metrics_file is not None and (problem := why_unwritable(config.metrics_file)):
        terminal.warn(f"{problem}. The run goes on and tries again at its end")
    try:
        with exclusive_run(config):
            record = _execute(config, run_id, log, started, stop)
            write_summary(record)
            page = write_pages(record)
            keep_in_metadata(record, config)
    except BaseException as error:
        # A library may have made another error of the interrupt.
        ended_by = KeyboardInterrupt() if stop.is_requested else error
        seconds = time.monotonic() - started
        report(run_of_error(ended_by, config, run_id, log, seconds), config)
        if ended_by is not error:
            raise ended_by from error
        raise
    if args.json:
        terminal.emit_json(record.to_summary())
    else:
        print_metrics(record)
    if record.status == "succeeded":
        _tell_version(record, config)
    if page is not None:
        terminal.say(f"report: {page}")
    report(record, config)
    return _conclude(record)


def _execute(
    config: PipelineConfig, run_id: str, log: Path, started: float, stop: StopRequest
) -> Run:
    with output_to_log(log) as stream:
        target = console(stream, config, run_id)
        terminal.say(f"run {run_id}, everything goes to {config.output}", stream=target)
        if config.tuner.enabled:
            terminal.say(
                f"tuning {config.trainer.model} within {config.tuner.trials} trials and "
                f"{config.tuner.max_minutes:g} minutes",
                stream=target,
            )
        with terminal.progress("starting (loading TFX takes some 20 s)", stream=target):
            from pipeline.run.execute import execute
        return execute(config, run_id, target, started, stop)


def _check_data(config: PipelineConfig) -> None:
    """Refuses a missing folder before TFX is loaded. The pipeline checks what is in it."""
    folder = config.data.input_base
    if folder is not None and "{" not in folder and "://" not in folder:
        check_folder(config.input_base)


def _tell_version(record: Run, config: PipelineConfig) -> None:
    reused = sum(node.state == "cached" for node in record.nodes)
    terminal.say(
        f"version {record.pushed_version} is in {config.serving_model} "
        f"({record.seconds:.0f} s, {reused} of {len(record.nodes)} nodes from the cache)"
    )


def _conclude(record: Run) -> int:
    """Returns the exit code of a successful run, and raises the error of any other one."""
    if record.status == "interrupted":
        raise KeyboardInterrupt
    if record.status == "failed":
        raise RunFailure(f"{'; '.join(record.failures)} (log: {record.log})")
    if record.status == "not_blessed":
        raise RunFailure(_refusal(record))
    return 0


def _refusal(record: Run) -> str:
    failures = "; ".join(record.failures)
    return f"NOT BLESSED, so not pushed: {failures}. What was served before is still served"


def _check_node(args: argparse.Namespace) -> None:
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


def _run_node(args: argparse.Namespace, config: PipelineConfig) -> int:
    """Runs the node that the command line names, and returns the exit code.

    A refused model is no failure of the node: the summary says so, and trying again would not help.
    """
    with watched(config, args.run_id) as stop:
        try:
            return _run_watched_node(args, config, stop)
        except (Exception, KeyboardInterrupt) as error:
            if stop.is_requested or isinstance(error, KeyboardInterrupt):
                terminal.fail(f"{args.node}: interrupted; the same command starts it afresh")
                return EXIT_INTERRUPTED
            if not isinstance(error, MovieLensError):
                raise
            terminal.fail(str(error))
            return error.exit_code


def _run_watched_node(args: argparse.Namespace, config: PipelineConfig, stop: StopRequest) -> int:
    started = time.monotonic()
    log = log_path(config, args.run_id, args.node)
    node, run = _execute_node(config, args.node, args.run_id, log, stop)
    if node.state == "failed":
        raise RunFailure(f"{args.node}: {node.why} (log: {log})")
    if args.json:
        summary = None if run is None else run.to_summary()
        terminal.emit_json({"node": node.to_json_dict(), "summary": summary})
    if run is not None and run.status == "not_blessed":
        terminal.warn(f"run {run.run_id}: {_refusal(run)}")
    elif run is not None:  # the node has ended the run
        terminal.say(f"run {run.run_id}: version {run.pushed_version} is in {config.serving_model}")
    terminal.say(f"{args.node} {node.state} in {time.monotonic() - started:.0f} s")
    return 0


def _execute_node(
    config: PipelineConfig, node_id: str, run_id: str, log: Path, stop: StopRequest
) -> "NodeOfRun":
    with output_to_log(log) as stream:
        # TFX takes some twenty seconds to import.
        from pipeline.run.node import execute_node

        start_logging(config, run_id)
        return execute_node(config, node_id, run_id, console(stream, config, run_id), stop)

"""The end of a run, for those who were not watching: summary, metadata, retention, line and alerts.

Once a run has an outcome nothing that comes after may hide it: what fails here is told as a warning
and in the outcome's line, and changes neither the outcome nor the exit code.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import replace
from typing import TextIO, cast

from pipeline import terminal
from pipeline.config import PipelineConfig
from pipeline.errors import MovieLensError
from pipeline.run.alerts import send_alerts
from pipeline.run.json_log import JsonFormatter, JsonLines
from pipeline.run.outcome import Outcome, append_outcome
from pipeline.run.stop_request import StopRequest


def report(outcome: Outcome, config: PipelineConfig) -> None:
    """Sends alerts, and writes the outcome's line to the output folder and, as a log, to stderr.

    Args:
        outcome: of the run.
        config: says whom to alert, and whether logs are JSON.
    """
    problems = send_alerts(config.alerts, outcome.to_json_dict())
    outcome = replace(outcome, alert_failures=problems)
    try:
        append_outcome(outcome, config.output)
    except OSError as error:
        problems = [*problems, f"the outcome cannot be written: {error}"]
    for problem in problems:
        terminal.warn(problem)
    if config.pipeline.log_format == "json":
        terminal.say(json.dumps(outcome.to_json_dict(), ensure_ascii=False))


def keep_in_metadata(outcome: Outcome, config: PipelineConfig) -> None:
    """Records the outcome in the metadata store, and throws away what is not to be kept.

    Retention waits for a run that succeeded: after a failure somebody may want to look.

    Args:
        outcome: of the run.
        config: says where the store is and what to keep. The caller holds the run's lock.
    """
    # Loaded here, for the command line must not wait for ML Metadata.
    from ml_metadata import errors

    from pipeline.store.connection import open_store
    from pipeline.store.retention import apply_retention
    from pipeline.store.run_record import record_outcome

    try:
        store = open_store(config)
        record_outcome(store, outcome)
        if outcome.status == "succeeded":
            apply_retention(store, config)
    except (OSError, MovieLensError, errors.StatusError) as error:
        terminal.warn(f"after the run: {error}")


@contextmanager
def watched(config: PipelineConfig, run_id: str) -> Iterator[StopRequest]:
    """Makes a run fit for being watched by programs while the block runs.

    SIGTERM, by which service managers stop a run, interrupts it as Ctrl-C does, and stderr is lines
    of JSON where the configuration says so.

    Yields:
        What knows whether the run was asked to stop.
    """
    with StopRequest() as stop, redirect_stderr(console(sys.stderr, config, run_id)):
        yield stop


def console(stream: TextIO, config: PipelineConfig, run_id: str) -> TextIO:
    """Returns what to write messages to that are to come out on `stream`, JSON if so configured."""
    if config.pipeline.log_format == "text":
        return stream
    formatter = JsonFormatter(pipeline=config.pipeline.name, run_id=run_id)
    return cast("TextIO", JsonLines(stream, formatter, "movielens"))

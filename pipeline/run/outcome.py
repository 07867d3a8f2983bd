"""What happens when a run has ended: report, retention, outcome line, metrics and alerts.

Nothing here may hide how the run ended. A failure is a warning and an entry in the outcome line; it
changes neither the status nor the exit code.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pipeline import terminal
from pipeline.config import PipelineConfig
from pipeline.errors import MovieLensError
from pipeline.run.alerts import send_alerts
from pipeline.run.metrics_file import write_metrics
from pipeline.run.record import Run, RunStatus

OUTCOMES_FILE: Final = "logs/outcomes.jsonl"


def run_of_error(
    error: BaseException, config: PipelineConfig, run_id: str, log: Path, seconds: float
) -> Run:
    """Returns the record of a run that an error ended before its nodes could be recorded."""
    status: RunStatus = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
    message = " ".join(str(error).split()) or "interrupted before any node ran"
    return Run(
        config=config, run_id=run_id, status=status, seconds=seconds, log=log, failures=[message]
    )


def keep_in_metadata(run: Run, config: PipelineConfig) -> None:
    """Records the outcome in the metadata store and removes what retention does not keep.

    Only for the holder of the run's lock. Retention waits for a run that succeeded, because
    somebody may want to look at what a failed one left.
    """
    # The command line must not wait for ML Metadata to load.
    from ml_metadata import errors

    from pipeline.store.connection import open_store
    from pipeline.store.history import keep_outcome
    from pipeline.store.retention import apply_retention

    try:
        store = open_store(config)
        keep_outcome(store, run.to_outcome())
        if run.status == "succeeded":
            apply_retention(store, config)
    except (OSError, MovieLensError, errors.StatusError) as error:
        terminal.warn(f"after the run: {error}")


def write_pages(run: Run) -> Path | None:
    """Writes the report of a run whose summary is written, and returns its page.

    Whatever goes wrong is a warning, and the run has no page: the model is pushed or refused by
    then. Before retention, because the report looks at the run before this one.
    """
    try:
        from report.pages import write_run_pages  # only the end of a run waits for it to load

        return write_run_pages(run.config.output, run.run_id)
    except Exception as error:
        terminal.warn(
            f"the report of run {run.run_id} cannot be written: {type(error).__name__}: {error}"
        )
        return None


def report(run: Run, config: PipelineConfig) -> None:
    """Sends alerts, and writes the metrics and the outcome line, the latter to JSON logs too."""
    path = run.config.output / OUTCOMES_FILE
    outcome = run.to_outcome()
    problems = send_alerts(config.alerts, outcome)
    if config.metrics_file is not None:
        problems += write_metrics(config.metrics_file, run, [*_read(path), outcome])
    outcome = run.to_outcome(problems)
    try:
        _append(outcome, path)
    except OSError as error:
        problems = [*problems, f"the outcome cannot be written: {error}"]
    for problem in problems:
        terminal.warn(problem)
    if config.pipeline.log_format == "json":
        terminal.say(json.dumps(outcome, ensure_ascii=False))


def _read(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the outcomes of earlier runs, without lines that a power cut left half-written."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:  # none yet, or appending will say what is wrong with the file
        return
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _append(outcome: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(outcome, ensure_ascii=False, allow_nan=False)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")

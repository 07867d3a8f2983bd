"""Tells somebody that a run failed or was refused: by a command, by a webhook, or both.

An alert that cannot be delivered is reported and changes nothing else: it must not hide the run's
own outcome.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from pipeline.config.alerts import AlertsConfig, check_address

_USER_AGENT: Final = "movielens-recommender"
_LONGEST_QUOTE: Final = 300


def send_alerts(config: AlertsConfig, outcome: Mapping[str, Any]) -> list[str]:
    """Tells of a run's outcome, if the configuration asks for its status; never raises.

    The outcome is from `Run.to_outcome`, or a scheduler's alert. The webhook also gets a `text`,
    which chat servers show.

    Returns:
        What could not be delivered and why, a line each.
    """
    if outcome["status"] not in config.on:
        return []
    problems: list[str] = []
    if config.command:
        problems += _run_command(config, json.dumps(dict(outcome)))
    if config.webhook or config.webhook_variable:
        problems += _post(config, json.dumps({"text": describe(outcome), **outcome}))
    return problems


def describe(outcome: Mapping[str, Any]) -> str:
    """Says in a line how a run ended.

    >>> describe({"pipeline": "movielens", "run_id": "r1", "status": "not_blessed",
    ...           "failures": ["rmse 0.91 is above its ceiling 0.9"]})
    'movielens run r1: not_blessed: rmse 0.91 is above its ceiling 0.9'
    """
    line = f"{outcome['pipeline']} run {outcome['run_id']}: {outcome['status']}"
    failures = "; ".join(outcome["failures"])
    page = f" (report: {outcome['report']})" if outcome.get("report") else ""
    return f"{line}: {failures}{page}" if failures else f"{line}{page}"


def _run_command(config: AlertsConfig, body: str) -> Iterator[str]:
    name = config.command[0]
    try:
        done = subprocess.run(
            list(config.command),
            input=body,
            text=True,
            check=False,
            capture_output=True,
            timeout=config.timeout_seconds,
        )
    except subprocess.TimeoutExpired:
        yield f"the alert command {name} took longer than {config.timeout_seconds:g} s"
    except OSError as error:
        yield f"the alert command {name} cannot be run: {error.strerror}; see alerts.command"
    else:
        if done.returncode != 0:
            said = " ".join((done.stderr or done.stdout).split())[-_LONGEST_QUOTE:] or "(nothing)"
            yield f"the alert command {name} ended with exit code {done.returncode}, saying: {said}"


def _post(config: AlertsConfig, body: str) -> Iterator[str]:
    import urllib.error  # they take 40 ms to import, and most runs post nothing
    import urllib.request

    address = config.webhook or os.environ.get(config.webhook_variable or "", "")
    try:
        check_address(address)
        request = urllib.request.Request(  # noqa: S310 - http or https, as was just checked
            address,
            data=body.encode("utf-8"),
            headers={"Content-Type": "application/json", "User-Agent": _USER_AGENT},
        )
        urllib.request.urlopen(request, timeout=config.timeout_seconds).close()  # noqa: S310
    except urllib.error.HTTPError as error:
        error.close()
        yield f"{_webhook(address)} answered {error.code} {error.reason}"
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        yield f"{_webhook(address)} cannot be told: {reason}"


def _webhook(address: str) -> str:
    """Names a webhook by its host alone, because the rest of the address is often its password."""
    return f"the alert webhook at {urlsplit(address).netloc.rpartition('@')[2] or '(nowhere)'}"

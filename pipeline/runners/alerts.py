"""Tells whoever is on duty, by the command of `schedule.alert_command`."""

import json
import logging
import subprocess
from collections.abc import Mapping, Sequence
from typing import Final

_SECONDS: Final = 60.0


def send_alert(command: Sequence[str], event: Mapping[str, object]) -> None:
    """Logs an event and hands it to the alert command.

    An alert that cannot be sent is logged: it must not hide what it was to tell of.

    Args:
        command: a program and its arguments; where empty, the log is all.
        event: JSON values; the command reads them as one object from stdin.
    """
    text = json.dumps(dict(event), ensure_ascii=False)
    logging.error("Alert: %s", text)
    if not command:
        return
    try:
        subprocess.run(
            command, input=text, text=True, check=True, timeout=_SECONDS, capture_output=True
        )
    except subprocess.CalledProcessError as error:
        logging.exception("The alert command failed: %s", error.stderr.strip())
    except (OSError, subprocess.TimeoutExpired):
        logging.exception("The alert command could not be run.")

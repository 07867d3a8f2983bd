"""The expressions of deploy/grafana, and a run that has a number for each of ours."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from components.anomaly_gate.anomalies import Distance
from pipeline.run.record import Node, Run
from tests.support.run_records import a_run

FOLDER: Final = Path(__file__).parents[2] / "deploy" / "grafana"
ALERTS: Final = FOLDER / "alerts.yaml"
# What Grafana makes of the dashboard's variables if everything is selected, and of its own.
VALUES: Final = {"pipeline": ".*", "metric": ".*", "model": ".*", "__rate_interval": "1m"}


def dashboard() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
    return read


def with_values(expression: str) -> str:
    return re.sub(r"\$(\w+)", lambda found: VALUES.get(found[1], found[0]), expression)


def shown_expressions() -> Mapping[str, str]:
    """The dashboard's expressions: by panel and letter, or by annotation."""
    read = dashboard()
    shown = {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in read["panels"]
        for target in panel.get("targets", ())
    }
    shown |= {each["name"]: each["expr"] for each in read["annotations"]["list"]}
    return {name: with_values(expression) for name, expression in shown.items()}


def alert_expressions() -> Mapping[str, str]:
    """The expressions of the rules by the alert's name."""
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}


def measured_run(**changes: Any) -> Run:
    """The record of a run that got as far as a run can."""
    distance = Distance(feature="genres", measure="L-infinity", value=0.01, threshold=0.05)
    values: dict[str, Any] = {
        "nodes": [Node(id="Trainer", state="executed", seconds=75.5, why="first run")],
        "dataset": {"ratings": 100004, "users": 671, "movies": 9066, "bad_rows": 0},
        "drift": [distance],
        "skew": [distance],
    }
    return a_run(**values | changes)

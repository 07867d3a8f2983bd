"""Dashboard and alert rules ask for metrics that are really exposed, by labels that they have.

`tests/systems/test_monitoring.py` lets a real Prometheus evaluate the same expressions.
"""

import re
from collections.abc import Mapping, Set
from itertools import combinations
from pathlib import Path

import promql_parser
import pytest

from pipeline.run.metrics_text import metrics_text
from serving.server.metrics import Metrics
from serving.server.status import StatusError, invalid_argument
from tests.support.monitoring import (
    VALUES,
    alert_expressions,
    dashboard,
    measured_run,
    shown_expressions,
)

EXPRESSIONS = {**shown_expressions(), **alert_expressions()}
# Prometheus adds them to what it scrapes.
TARGET_LABELS = {"instance", "job"}
SERVING = ":tensorflow:serving:"
LOADS = ":tensorflow:cc:saved_model:load_attempt_count"
Labels = Mapping[str, Set[str]]


def labels_by_name(exposition: str) -> Labels:
    samples = re.findall(r"^([\w:]+)\{(.*)\}", exposition, re.MULTILINE)
    return {name: set(re.findall(r'(\w+)="', labels)) for name, labels in samples}


@pytest.fixture(scope="module")
def exposed() -> Labels:
    """The labels of each metric that a run and a model server expose."""
    metrics = Metrics()
    with metrics.load_attempt(Path("/models/movielens/1732")), metrics.observed("m", "GRPC"):
        pass
    with pytest.raises(StatusError), metrics.observed("m", "REST"):
        raise invalid_argument("no")
    run = metrics_text(measured_run(), []).decode()
    return {**labels_by_name(run), **labels_by_name(metrics.exposition())}


def selectors(expression: str) -> list[promql_parser.VectorSelector]:
    found: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(promql_parser.parse(expression), pre_visit=visit)
    return found


def unknown(expression: str, exposed: Labels) -> list[str]:
    """Selectors of a metric that is not exposed, or by a label that it does not have."""
    return [
        str(selector)
        for selector in selectors(expression)
        if not {matcher.name for matcher in selector.matchers.matchers}
        <= exposed.get(selector.name or "", set()) | TARGET_LABELS
        or selector.name not in exposed
    ]


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_asks_for_metrics_that_are_exposed(name: str, exposed: Labels) -> None:
    expression = EXPRESSIONS[name]
    assert selectors(expression)
    assert not unknown(expression, exposed)


@pytest.mark.parametrize(
    "expression", ["movielens_nothing", 'movielens_run_status{model_name="m"}']
)
def test_an_unknown_name_or_label_is_found(expression: str, exposed: Labels) -> None:
    assert len(unknown(f"rate({expression}[5m])", exposed)) == 1


def test_the_server_s_metrics_are_those_of_tensorflow_serving(exposed: Labels) -> None:
    """Names and labels of tensorflow/serving's servables/tensorflow/util.cc and of its loader."""
    timed = {"model_name", "API", "entrypoint"}
    assert {name: labels for name, labels in exposed.items() if "tensorflow" in name} == {
        f"{SERVING}request_count": {"model_name", "status"},
        f"{SERVING}request_latency_bucket": timed | {"le"},
        f"{SERVING}request_latency_sum": timed,
        f"{SERVING}request_latency_count": timed,
        LOADS: {"model_path", "status"},
    }


def test_every_metric_of_a_run_is_on_the_dashboard(exposed: Labels) -> None:
    shown = {each.name for text in shown_expressions().values() for each in selectors(text)}
    hidden = {name for name in exposed if name.startswith("movielens_")} - shown
    # Of no interest beside the last success, and sizes that change with the ratings.
    assert hidden == {
        "movielens_run_timestamp_seconds",
        "movielens_dataset_users",
        "movielens_dataset_movies",
    }


def test_the_dashboard_can_be_imported_with_any_data_source() -> None:
    read = dashboard()
    variables = {each["name"] for each in read["templating"]["list"]}
    assert variables == {"datasource", *VALUES} - {"__rate_interval"}
    used = set(re.findall(r"\$\{?(\w+)", str([read["panels"], read["annotations"]])))
    assert used - {"1", "__rate_interval"} == variables  # $1 is a group of a regular expression
    assert "id" not in read  # Grafana gives it one
    panels = read["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    asking = [target for panel in panels for target in panel.get("targets", ())]
    sources = [each["datasource"]["uid"] for each in (*asking, *read["annotations"]["list"])]
    assert set(sources) == {"${datasource}"}


def test_the_choices_of_a_variable_are_values_of_a_label(exposed: Labels) -> None:
    queries = [each["definition"] for each in dashboard()["templating"]["list"][1:]]
    pairs = [re.fullmatch(r"label_values\((.*), (.*)\)", query) for query in queries]
    assert [pair[2] for pair in pairs] == ["pipeline", "metric", "model_name"]
    assert all(pair[2] in exposed[pair[1]] for pair in pairs)


def test_no_two_panels_overlap() -> None:
    def cells(panel: Mapping[str, Mapping[str, int]]) -> set[tuple[int, int]]:
        at = panel["gridPos"]
        columns, rows = range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])
        assert columns.stop <= 24
        return {(column, row) for column in columns for row in rows}

    for one, other in combinations(dashboard()["panels"], 2):
        assert not cells(one) & cells(other), (one["title"], other["title"])

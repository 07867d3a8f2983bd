"""A real Prometheus reads what a run and a model server expose, as deploy/grafana expects it."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local_servers.server import free_port, wait_for
from pipeline.config import load_config
from pipeline.run.metrics_file import write_metrics
from serving.server_process import ServerProcess
from tests.serving.toy_models import toy_models
from tests.support.monitoring import ALERTS, alert_expressions, measured_run, shown_expressions
from tests.support.prometheus import Prometheus, node_exporter, prometheus, promtool

pytestmark = pytest.mark.systems

METRICS_PATH = "/monitoring/prometheus/metrics"
MONITORING = Path(__file__).parents[2] / "serving" / "tensorflow_serving" / "monitoring.config"


def ask(port: int, body: object) -> None:
    """Asks the toy model over REST; it may refuse."""
    request = urllib.request.Request(
        f"http://localhost:{port}/v1/models/movielens:predict", data=json.dumps(body).encode()
    )
    try:
        urllib.request.urlopen(request, timeout=20).close()  # noqa: S310 - http
    except urllib.error.HTTPError as error:
        error.close()


@pytest.fixture(scope="module")
def watching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that has read the numbers of two pipelines, and of a server with failures."""
    folder = tmp_path_factory.mktemp("monitoring")
    textfiles = folder / "textfiles"
    textfiles.mkdir()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for name in ("movielens", "other"):
        config = load_config(overrides=[f"pipeline.name={name}"])
        run = measured_run(config=config, time=now)
        assert write_metrics(textfiles / f"{name}.prom", run, [run.to_outcome()]) == []
    models = toy_models(folder / "movielens")
    rest_port = free_port()
    flags = [f"--rest_api_port={rest_port}", f"--monitoring_config_file={MONITORING}"]
    server_log = folder / "server.log"

    def has_rates() -> bool:
        ask(rest_port, {"signature_name": "exclaim", "instances": ["a"]})
        ask(rest_port, {"inputs": {"x": [[1.0]], "k": 1}})
        return len(read.query("rate(:tensorflow:serving:request_count[1m]) > 0")) == 2

    with (
        ServerProcess(models, model_name="movielens", log_path=server_log, flags=flags),
        node_exporter(textfiles, folder / "node_exporter.log") as exporter,
        prometheus(
            folder, ALERTS, [(exporter, "/metrics"), (f"localhost:{rest_port}", METRICS_PATH)]
        ) as read,
    ):
        wait_for("rate of requests", has_rates, seconds=30)
        wait_for("metrics of the run", lambda: read.query("movielens_run_status"), seconds=30)
        yield read


@pytest.mark.parametrize("name", shown_expressions())
def test_everything_on_the_dashboard_has_something_to_show(watching: Prometheus, name: str) -> None:
    assert watching.query(shown_expressions()[name])


def test_prometheus_takes_the_rules_and_they_look_at_real_metrics(watching: Prometheus) -> None:
    def states() -> set[tuple[str, str]]:
        rules = watching.rules()
        assert {rule["lastError"] for rule in rules.values() if "lastError" in rule} <= {""}
        return {(name, rule["state"]) for name, rule in rules.items()}

    # A part of the requests was refused; the rest is in order.
    expected = {(name, "inactive") for name in alert_expressions()}
    expected ^= {("ServingErrors", "inactive"), ("ServingErrors", "pending")}
    wait_for("alert about the refused requests", lambda: states() == expected, seconds=30)


def test_the_versions_of_a_model_are_told_by_its_folders(watching: Prometheus) -> None:
    (loaded,) = watching.query(shown_expressions()["Versions loaded A"])
    assert loaded["metric"]["model_name"] == "movielens"
    assert loaded["metric"]["version"] == "2"
    assert loaded["metric"]["status"] == "success"


def test_node_exporter_finds_no_fault_in_the_files_of_two_pipelines(watching: Prometheus) -> None:
    found = watching.query('movielens_run_status{status="succeeded"}')
    assert {each["metric"]["pipeline"] for each in found} == {"movielens", "other"}
    (error,) = watching.query("node_textfile_scrape_error")
    assert error["value"][1] == "0"


def test_alerts_fire_when_they_should(tmp_path: Path) -> None:
    done = promtool("check", "rules", ALERTS)
    assert done.returncode == 0, done.stdout
    done = promtool("test", "rules", Path(__file__).with_name("alerts_test.yaml"))
    assert done.returncode == 0, done.stdout

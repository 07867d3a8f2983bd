import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import load_config
from pipeline.config.alerts import AlertsConfig
from pipeline.errors import UsageError
from pipeline.run.alerts import send_alerts

OUTCOME = {
    "event": "run_outcome",
    "pipeline": "movielens",
    "run_id": "r1",
    "status": "not_blessed",
    "failures": ["rmse 0.91 is above its ceiling 0.9"],
    "metrics": {"rmse": 0.91},
}


class Webhook(HTTPServer):
    """Answers as it is told and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.received: list[Any] = []
        self.address = f"http://127.0.0.1:{self.server_port}/hooks/secret"


class Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, self.headers["Content-Type"], json.loads(body)))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keeps the tests' output clean."""


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_refusal_is_posted_as_json_with_a_line_to_show(webhook: Webhook) -> None:
    assert send_alerts(AlertsConfig(webhook=webhook.address), OUTCOME) == []
    ((path, content_type, body),) = webhook.received
    assert (path, content_type) == ("/hooks/secret", "application/json")
    text = body.pop("text")
    assert text == "movielens run r1: not_blessed: rmse 0.91 is above its ceiling 0.9"
    assert body == OUTCOME


def test_the_address_may_come_from_the_environment(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", webhook.address)
    assert send_alerts(AlertsConfig(webhook_variable="HOOK"), OUTCOME) == []
    assert len(webhook.received) == 1


def test_what_is_not_to_be_told_is_not(webhook: Webhook) -> None:
    config = AlertsConfig(webhook=webhook.address, command=("false",))
    assert send_alerts(config, {**OUTCOME, "status": "succeeded"}) == []
    assert webhook.received == []


def test_a_webhook_that_refuses_is_reported_without_its_secret_path(webhook: Webhook) -> None:
    webhook.status = 503
    (problem,) = send_alerts(AlertsConfig(webhook=webhook.address), OUTCOME)
    assert f"127.0.0.1:{webhook.server_port} answered 503" in problem
    assert "secret" not in problem


def test_a_webhook_that_is_not_there_is_reported() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"http://127.0.0.1:{bound.getsockname()[1]}/hook"
        (problem,) = send_alerts(AlertsConfig(webhook=address), OUTCOME)
    assert "cannot be told: [Errno 111] Connection refused" in problem


def test_a_variable_that_is_not_set_is_reported() -> None:
    (problem,) = send_alerts(AlertsConfig(webhook_variable="NO_SUCH_HOOK"), OUTCOME)
    assert "should be an address like https://host/path" in problem


def test_a_command_gets_the_outcome_on_its_standard_input(tmp_path: Path) -> None:
    config = AlertsConfig(command=("tee", str(tmp_path / "told")))
    assert send_alerts(config, OUTCOME) == []
    assert json.loads((tmp_path / "told").read_text()) == OUTCOME


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (("sh", "-c", "echo no mail >&2; exit 3"), "sh ended with exit code 3, saying: no mail"),
        (("no-such-program",), "no-such-program cannot be run: No such file or directory"),
        (("sleep", "9"), "sleep took longer than 0.2 s"),
    ],
)
def test_a_command_that_fails_is_reported(command: tuple[str, ...], problem: str) -> None:
    (told,) = send_alerts(AlertsConfig(command=command, timeout_seconds=0.2), OUTCOME)
    assert problem in told


def test_an_alert_links_the_report(webhook: Webhook) -> None:
    config = AlertsConfig(webhook=webhook.address)
    assert send_alerts(config, {**OUTCOME, "report": "/out/report/r1/index.html"}) == []
    assert webhook.received[0][2]["text"].endswith("0.9 (report: /out/report/r1/index.html)")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("alerts.webhook='ftp://host/x'", r"webhook` should be an address.*'ftp://ho'"),
        ("alerts.on=['tardy']", r"`alerts\.on\[0\]` should be one of .*'tardy'"),
        ("alerts.timeout_seconds=0", r"timeout_seconds` should be a number above 0\. Received: 0"),
    ],
)
def test_a_wrong_setting_says_what_is_wrong(override: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_config(overrides=[override])


def test_two_addresses_are_refused() -> None:
    with pytest.raises(ValueError, match=r"exclude each other\. Received: 'V'"):
        AlertsConfig(webhook="http://host", webhook_variable="V")

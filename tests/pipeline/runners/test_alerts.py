import json
import sys

from pipeline.runners.alerts import send_alert

EVENT = {"event": "node_failed", "node": "Trainer", "why": "out of patience"}


def test_the_command_reads_the_event_as_json(tmp_path, caplog):
    told = tmp_path / "told.json"
    copy = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    send_alert([sys.executable, "-c", copy, str(told)], EVENT)
    assert json.loads(told.read_text()) == EVENT
    assert "out of patience" in caplog.text


def test_without_a_command_the_log_is_all(caplog):
    send_alert([], EVENT)
    assert '"node": "Trainer"' in caplog.text


def test_an_alert_that_cannot_be_sent_is_logged_with_the_event(caplog):
    send_alert([sys.executable, "-c", "raise SystemExit('no route to pager')"], EVENT)
    assert "no route to pager" in caplog.text
    send_alert(["/no/such/pager"], EVENT)
    assert "/no/such/pager" in caplog.text
    assert caplog.text.count("out of patience") == 2

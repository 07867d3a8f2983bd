import io
import json
import time

import pytest

from pipeline import terminal


class FakeTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_messages_go_to_stderr_and_leave_stdout_to_programs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal.say("said")
    terminal.warn("odd")
    terminal.fail("broken")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "said\nwarning: odd\nerror: broken\n"


def test_a_failure_is_one_line_whatever_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.fail("first\n   second\n\nthird\n")
    assert capsys.readouterr().err == "error: first second third\n"


def test_json_is_one_document_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.emit_json({"title": "Amélie", "k": [1, 2]})
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"title": "Amélie", "k": [1, 2]}
    assert "Amélie" in captured.out
    assert captured.err == ""


def test_json_refuses_nan() -> None:
    with pytest.raises(ValueError, match="nan"):
        terminal.emit_json({"rmse": float("nan")})


def test_a_plain_table_aligns_numbers_right_and_words_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal.table("Metrics", ("name", "value", "rows"), [("rmse", 0.87654, 20003), ("x", None, 7)])
    assert capsys.readouterr().out.splitlines() == [
        "Metrics",
        "name   value    rows",
        "----  ------  ------",
        "rmse  0.8765  20,003",
        "x          -       7",
    ]


def test_a_table_without_rows_has_its_headings(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.table("Nothing", ("a", "b"), [])
    assert capsys.readouterr().out.splitlines() == ["Nothing", "a  b", "-  -"]


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Expected 2 cells.*Received: \['x'\]"):
        terminal.table("t", ("a", "b"), [("x",)])


def test_a_table_on_a_terminal_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = FakeTerminal()
    monkeypatch.setattr("sys.stdout", stream)
    terminal.table("T", ("name", "n"), [("[bold]odd[/bold]", 1)])
    assert "[bold]odd[/bold]" in stream.getvalue()
    assert "┃" in stream.getvalue()


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = FakeTerminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.fail("broken")
    assert "\x1b[31m" not in stream.getvalue()
    assert "\x1b[1;31m" not in stream.getvalue()
    monkeypatch.delenv("NO_COLOR")
    terminal.fail("broken")
    assert "\x1b[1;31m" in stream.getvalue()


def test_progress_in_a_file_is_a_line_at_the_start_and_then_few() -> None:
    stream = io.StringIO()
    with terminal.progress("copying", stream=stream) as work:
        for _ in range(1000):
            work.advance()
    assert stream.getvalue() == "copying ...\n"


def test_progress_in_a_file_goes_on_telling_of_long_work(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    stream = io.StringIO()
    with terminal.progress("copying", stream=stream) as work:
        now[0] = 11.0
        work.advance(1500)
    assert stream.getvalue().splitlines() == ["copying ...", "copying ... 1,500"]


def test_progress_on_a_terminal_shows_the_count() -> None:
    stream = FakeTerminal()
    with terminal.progress("copying", stream=stream) as work:
        work.advance(2)
    assert "copying ... 2" in stream.getvalue()


def test_a_message_that_cannot_be_written_stops_nothing() -> None:
    with open("/dev/full", "w", encoding="utf-8") as stream:  # noqa: PTH123 - a device
        terminal.say("said", stream=stream)
        terminal.say("and more", stream=stream)

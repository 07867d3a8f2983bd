import io
import json
import logging
import subprocess
import sys
from pathlib import Path

from pipeline.run.logs import JsonFormatter, JsonLines

ROOT = Path(__file__).parents[3]
CODE = """
import os, sys
from pathlib import Path
from pipeline.run.logs import output_to_log
try:
    with output_to_log(Path(sys.argv[1]) / "logs" / "run.log") as console:
        print("python noise")
        os.write(2, b"C++ noise\\n")
        os.system("echo noise of a child")
        print("progress", file=console)
        raise ZeroDivisionError
except ZeroDivisionError:
    print("result")
    print("afterwards", file=sys.stderr)
"""


def test_a_record_is_one_object_with_its_traceback_inside() -> None:
    error = ValueError("odd\nvalue")
    info = (ValueError, error, None)
    record = logging.LogRecord("tfx", logging.ERROR, "", 0, "node %s failed", ("Trainer",), info)
    record.created = 1.5
    line = JsonFormatter(run_id="r1").format(record)
    assert "\n" not in line
    made = json.loads(line)
    assert made.pop("exception").endswith("ValueError: odd\nvalue")
    assert made == {
        "time": "1970-01-01T00:00:01.500+00:00",
        "level": "ERROR",
        "logger": "tfx",
        "message": "node Trainer failed",
        "run_id": "r1",
    }


def test_lines_for_a_person_become_records_with_their_level() -> None:
    target = io.StringIO()
    stream = JsonLines(target, JsonFormatter())
    print("Trainer ...", file=stream)
    print("error: no", "memory\nwarning: odd\n", file=stream)
    print('{"event": "run_outcome"}', file=stream)
    stream.write("begun")
    lines = [json.loads(line) for line in target.getvalue().splitlines()]
    assert [(line.get("level"), line.get("message")) for line in lines] == [
        ("INFO", "Trainer ..."),
        ("ERROR", "no memory"),
        ("WARNING", "odd"),
        (None, None),
    ]
    assert lines[-1] == {"event": "run_outcome"}


def test_noise_goes_to_the_log_and_progress_to_the_terminal(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout == "result\n"
    assert done.stderr == "progress\nafterwards\n"
    logged = (tmp_path / "logs" / "run.log").read_text().splitlines()
    assert sorted(logged) == ["C++ noise", "noise of a child", "python noise"]

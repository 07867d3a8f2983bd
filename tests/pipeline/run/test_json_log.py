import io
import json
import logging

from pipeline.run.json_log import JsonFormatter, JsonLines


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
    stream = JsonLines(target, JsonFormatter(), "movielens")
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

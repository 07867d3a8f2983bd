import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving.client.record_log import RecordLog
from serving.tfrecord import read_records

RunProgram = Callable[[str], subprocess.CompletedProcess[str]]

BOUNDS: dict[str, Any] = {
    "max_file_bytes": 10**6,
    "max_file_seconds": 60.0,
    "max_queued_bytes": 10**6,
}
MAKE_LOG = f"""
import os, resource, sys
from pathlib import Path
from serving.client.record_log import RecordLog
log = RecordLog(Path(sys.argv[1]) / "log", **{BOUNDS})
def put(content):
    log.put(len(content), lambda: content)
"""


@pytest.fixture
def run(tmp_path: Path) -> RunProgram:
    """Runs a program with a log and a function that puts to it; gives its output."""

    def run_program(code: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", MAKE_LOG + code, str(tmp_path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done

    return run_program


def written(folder: Path) -> list[bytes]:
    return [content for path in sorted(folder.glob("*.tfrecord")) for content in read_records(path)]


def test_what_does_not_fit_the_queue_is_dropped_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    may_write, is_writing = threading.Event(), threading.Event()

    def wait() -> bytes:
        is_writing.set()
        assert may_write.wait(20)
        return b"first"

    log = RecordLog(tmp_path / "log", **BOUNDS | {"max_queued_bytes": 100})
    log.put(100, wait)
    assert is_writing.wait(20)
    for _ in range(5):
        log.put(40, lambda: b"record")  # two of 40 bytes are no more than 100
    assert log.counts == (0, 3, 0, 0)
    may_write.set()
    log.close()
    assert log.counts == (3, 3, 0, 0)
    assert written(tmp_path) == [b"first", b"record", b"record"]
    log.put(1, lambda: b"late")
    assert log.counts.not_taken == 4
    (message,) = caplog.messages
    assert "too many records wait" in message


def test_logs_of_one_prefix_do_not_get_in_each_other_s_way(tmp_path: Path) -> None:
    logs = [RecordLog(tmp_path / "log", **BOUNDS) for _ in range(2)]
    for number, log in enumerate(logs):
        log.put(1, lambda number=number: str(number).encode())  # type: ignore[misc]
    for log in logs:
        log.close()
    assert sorted(written(tmp_path)) == [b"0", b"1"]


def test_a_record_that_cannot_be_made_does_not_stop_the_next(tmp_path: Path) -> None:
    log = RecordLog(tmp_path / "log", **BOUNDS)
    log.put(1, lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    log.put(1, lambda: b"sound")
    log.close()
    assert log.counts == (1, 0, 0, 1)
    assert written(tmp_path) == [b"sound"]


def test_a_full_disk_loses_records_until_there_is_room(run: RunProgram, tmp_path: Path) -> None:
    done = run(
        # No file may pass three records: the fourth is written in part, as on a full disk.
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3500, -1))\n"
        "import time\n"
        "for number in range(10): put(str(number).encode() * 1000)\n"
        "while sum(log.counts) < 10: time.sleep(0.01)\n"
        "print(*log.counts)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))\n"
        "while log.counts.written == 3: put(b'again'); time.sleep(0.1)\n"
    )
    assert done.stdout == "3 0 7 0\n"
    assert done.stderr.count("is not logged") == 1
    assert "File too large" in done.stderr
    records = written(tmp_path)
    assert [record[:1] for record in records[:3]] == [b"0", b"1", b"2"]
    assert set(records[3:]) == {b"again"}


def test_forked_processes_write_files_of_their_own(run: RunProgram, tmp_path: Path) -> None:
    run(
        "put(b'before')\n"
        "while not log.counts.written: pass\n"
        "children = []\n"
        "for number in range(3):\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        put(b'child %d' % number)\n"
        "        log.close()\n"
        "        os._exit(0 if log.counts == (1, 0, 0, 0) else 1)\n"
        "    children.append(child)\n"
        "assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]\n"
        "put(b'after')\n"
        "log.close()\n"
        "assert log.counts == (2, 0, 0, 0)\n"
    )
    expected = [b"after", b"before", b"child 0", b"child 1", b"child 2"]
    assert sorted(written(tmp_path)) == expected
    assert Counter(path.suffix for path in tmp_path.iterdir()) == {".tfrecord": 4}


def test_a_program_that_does_not_close_its_log_loses_nothing(
    run: RunProgram, tmp_path: Path
) -> None:
    run("put(b'last')")
    assert written(tmp_path) == [b"last"]


def test_a_program_that_is_killed_leaves_its_file_open(run: RunProgram, tmp_path: Path) -> None:
    run("put(b'lost')\nwhile not log.counts.written: pass\nos._exit(0)")
    assert [path.suffix for path in tmp_path.iterdir()] == [".open"]

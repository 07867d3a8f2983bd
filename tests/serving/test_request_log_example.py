"""The example of a backend that logs its requests."""

import os
import subprocess
import sys
from pathlib import Path

from serving.protos import prediction_log_pb2
from serving.server_process import ServerProcess
from serving.tfrecord import read_records

ROOT = Path(__file__).parents[2]


def test_it_logs_what_it_asks(server: ServerProcess, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "examples/request_log.py", server.target, str(tmp_path / "log")],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "similar [20, 30, 40]\n"
        "logged LogCounts(written=1, not_taken=0, not_written=0, unreadable=0)\n"
    )
    (file,) = tmp_path.glob("log-*.tfrecord")
    (record,) = read_records(file)
    log = prediction_log_pb2.PredictionLog.FromString(record)
    assert log.log_metadata.model_spec.signature_name == "similar"

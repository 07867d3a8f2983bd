"""The example for programs of others: it works, and needs nothing of ours."""

import ast
import os
import subprocess
import sys
from pathlib import Path

from serving.server_process import ServerProcess

SCRIPT = Path(__file__).parents[2] / "examples" / "plain_client.py"


def test_it_imports_the_two_packages_and_tensorflow_alone() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported == {"argparse", "grpc", "tensorflow", "tensorflow_serving"}


def test_it_asks_every_signature(server: ServerProcess) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), server.target, "--like", "10", "--like", "20", "-k", "2"],
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    told = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert "2: 'AVAILABLE'" in told["status"]
    assert {"recommend", "rate", "similar", "embed"} <= set(ast.literal_eval(told["signatures"]))
    assert told["recommend"] == "model [30, 40]"
    assert told["rate"].startswith("[1.5, 2.0]")
    assert told["similar"] == "[20, 30]"
    assert told["embed"] == "[10, 20, -1]"

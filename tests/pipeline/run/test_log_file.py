import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
CODE = """
import os, sys
from pathlib import Path
from pipeline.run.log_file import output_to_log
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

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli import main
from tests.report.conftest import MakeRun, make_run, predictions

__all__ = ["make_run"]  # a fixture


@pytest.fixture
def output(make_run: MakeRun) -> Path:
    table = predictions(np.full(400, 0.5))
    make_run("a", table, version=3, time="1", options={"trainer": {"epochs": 8}})
    make_run("b", predictions(np.full(400, 0.25)), time="2", options={"trainer": {"epochs": 9}})
    return make_run("c", table, time="3", options={"trainer": {"epochs": 9}}, seconds=2.5)


def test_the_last_two_runs_are_compared(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--output", str(output)]) == 0
    shown = capsys.readouterr()
    assert "before: b (mf_dnn, mse, nothing pushed)" in shown.err
    assert "after:  c" in shown.err
    (rmse,) = [line for line in shown.out.splitlines() if line.startswith("overall  rmse ")]
    assert rmse.split() == [
        *("overall", "rmse", "0.2500", "0.5000", "0.2500", "0.2500", "0.2500", "worse")
    ]
    (trainer,) = [line for line in shown.out.splitlines() if line.startswith("Trainer")]
    assert trainer.split() == ["Trainer", "1.0", "2.5"]


def test_the_comparison_may_be_a_page_too(
    output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "pages" / "two.html"
    assert main(["compare", "a", "b", "--output", str(output), "--html", str(page)]) == 0
    assert f"comparison: {page}" in capsys.readouterr().err
    text = page.read_text()
    assert "Compared with run a (mf_dnn, mse, version 3)." in text
    assert '<td class="better">better</td>' in text
    assert "trainer.epochs" in text


def test_a_page_that_cannot_be_written_is_one_line(
    output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "--output", str(output), "--html", str(tmp_path)]) == 1
    assert f"the comparison cannot be written to {tmp_path}: " in capsys.readouterr().err


def test_runs_are_chosen_by_id_or_version(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "3", "b", "--output", str(output), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["before"], found["after"]) == ("a", "b")
    assert found["options"] == [{"name": "trainer.epochs", "before": 8, "after": 9}]
    (rmse,) = [each for each in found["metrics"] if each["metric"] == "rmse"]
    assert rmse["verdict"] == "better"
    assert rmse["interval"] == pytest.approx([-0.25, -0.25])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a"], "compare takes two runs, or none for the last two. Received: a"),
        (["a", "z"], "No run or pushed version 'z'. The last runs are: a, b, c."),
    ],
)
def test_a_wrong_choice_is_one_line(
    output: Path, capsys: pytest.CaptureFixture[str], names: list[str], message: str
) -> None:
    assert main(["compare", *names, "--output", str(output)]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_with_one_run_is_told_what_to_do(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    output = make_run("a", None)
    assert main(["compare", "--output", str(output)]) == 1
    assert "the record of 1 run(s), and two are needed" in capsys.readouterr().err


def test_nothing_heavy_is_loaded(output: Path) -> None:
    program = (
        "import sys\nfrom pipeline.cli import main\n"
        f"main(['compare', '--output', {str(output)!r}])\n"
        "print([name for name in ('tensorflow', 'tfx', 'apache_beam') if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == "[]"

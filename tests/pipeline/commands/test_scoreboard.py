"""The command, with a stand-in for the program that does the work."""

import json

import pytest

from pipeline.cli import main
from pipeline.commands import benchmark_program

PROGRAM = """
import json, pathlib, sys
pathlib.Path("arguments.json").write_text(json.dumps(sys.argv[1:]))
print(json.dumps({"kind": "started", "done": 2, "total": 9, "model": "mf_dnn (mse)", "seed": 1,
                  "protocol": "temporal", "seconds_left": 150.0}))
print("noise of a library")
print(json.dumps({"kind": "finished", "summaries": [{"label": "mf_dnn (mse)"}], "results": [],
                  "tables": [{"title": "temporal: test ratings", "columns": ["model", "RMSE"],
                              "rows": [["mf_dnn (mse)", "0.8500"]]}]}))
"""


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A checkout whose program is the stand-in."""
    folder = tmp_path / "scoreboard"
    folder.mkdir(parents=True)
    (folder / "__main__.py").write_text(PROGRAM)
    monkeypatch.setattr(benchmark_program, "_ROOT", tmp_path)
    return tmp_path


def arguments(source):
    return json.loads((source / "arguments.json").read_text())


def test_the_board_is_printed_and_progress_told_with_the_time_left(source, capsys):
    assert main(["scoreboard"]) == 0
    out, err = capsys.readouterr()
    assert "3 of 9: mf_dnn (mse), seed 1, on temporal (about 2 min left)" in err
    assert "temporal: test ratings" in out
    assert "0.8500" in out
    assert "noise" not in out + err


def test_quick_is_handed_on(source, tmp_path):
    main(["scoreboard", "--quick", "--output", str(tmp_path / "o")])
    assert arguments(source) == ["--quick", "--cache", str(tmp_path / "o/scoreboard")]


def test_choices_are_handed_on(source, tmp_path):
    page = tmp_path / "board.md"
    chosen = ["--protocols", "temporal", "random", "--models", "ease", "--seeds", "2"]
    main(["scoreboard", *chosen, "--markdown", str(page), "--output", str(tmp_path)])
    given = arguments(source)
    assert given[:7] == ["--protocols", "temporal", "random", "--seeds", "2", "--models", "ease"]
    command = given[given.index("--command") + 1]
    assert command.startswith("movielens scoreboard --protocols temporal random --seeds 2")


def test_json_goes_to_a_file(source, tmp_path):
    assert main(["scoreboard", "--json", str(tmp_path / "board.json")]) == 0
    board = json.loads((tmp_path / "board.json").read_text())
    assert board == {"summaries": [{"label": "mf_dnn (mse)"}], "results": []}


@pytest.mark.parametrize(
    ("exit_code", "code"), [(1, 1), (2, 2)], ids=["a failed cell", "a wrong argument"]
)
def test_the_program_s_last_line_is_the_error(source, capsys, exit_code, code):
    (source / "scoreboard/__main__.py").write_text(
        f"import sys; print('usage: ...\\nno model nope', file=sys.stderr); sys.exit({exit_code})"
    )
    assert main(["scoreboard", "--models", "nope"]) == code
    assert capsys.readouterr().err == "error: no model nope\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--quick", "--seeds", "3"], "--quick is one seed"),
        (["--seeds", "0"], "--seeds should be at least 1. Received: 0"),
    ],
)
def test_wrong_options_are_refused_before_any_work(source, capsys, options, message):
    assert main(["scoreboard", *options]) == 2
    assert message in capsys.readouterr().err
    assert not (source / "arguments.json").exists()


def test_without_the_source_the_command_says_what_it_needs(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(benchmark_program, "_ROOT", tmp_path)
    assert main(["scoreboard"]) == 1
    assert "needs a checkout of the source" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--json", "--markdown"])
def test_a_file_that_cannot_be_written_is_refused_before_the_hours_of_measuring(
    source, tmp_path, capsys, flag
):
    assert main(["scoreboard", flag, str(tmp_path / "none" / "board")]) == 2
    assert f"there is no folder {tmp_path / 'none'}" in capsys.readouterr().err
    assert not (source / "arguments.json").exists()

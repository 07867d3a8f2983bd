import pytest

from scoreboard.__main__ import main


def test_a_missing_data_folder_is_one_line_and_exit_code_2(tmp_path, capsys):
    arguments = ["--cache", str(tmp_path), "--data", str(tmp_path / "none"), "--models", "svd"]
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"The data folder {tmp_path}/none does not exist.")
    assert err.count("\n") == 1


def test_an_unknown_model_is_refused_with_those_that_there_are(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["--cache", str(tmp_path), "--models", "nope"])
    assert "no model 'nope'; known: dummy, " in capsys.readouterr().err


def test_quick_measures_each_model_once_on_reference(tmp_path, monkeypatch):
    planned = []
    monkeypatch.setattr(
        "scoreboard.__main__.run_board", lambda cells, *_: planned.extend(cells) or []
    )
    assert main(["--cache", str(tmp_path), "--quick"]) == 0
    assert {(cell.protocol, cell.seed) for cell in planned} == {("reference", 0)}
    labels = [cell.label for cell in planned]
    assert labels[:2] == ["dummy (mse)", "popular (mse)"]
    assert labels.count("gp_dnn (ordinal)") == labels.count("mf_dnn (cross_entropy)") == 1
    assert {"svdpp", "ease", "lightgbm"} <= set(labels)

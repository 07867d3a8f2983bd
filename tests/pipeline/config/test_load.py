import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import PipelineConfig, load_config
from pipeline.config.general import IN_PROCESS_BEAM_ARGS
from pipeline.config.load import merge
from pipeline.errors import UsageError

CONFIGS = Path(__file__).parents[3] / "configs"


def test_without_a_file_everything_has_its_default() -> None:
    assert load_config() == PipelineConfig()


def test_file_override_and_command_line_win_in_that_order(tmp_path: Path) -> None:
    file = tmp_path / "some.toml"
    file.write_text(
        '[pipeline]\noutput = "a"\n[trainer]\nepochs = 7\npatience = 3\n[ingest]\nseed = 5\n'
    )
    config = load_config(
        file, overrides=["trainer.epochs=8", "trainer.epochs=9"], output=str(tmp_path / "b")
    )
    assert (config.trainer.epochs, config.trainer.patience, config.ingest.seed) == (9, 3, 5)
    assert config.output == tmp_path / "b"


def test_overrides_are_toml_values_or_bare_words() -> None:
    config = load_config(
        overrides=[
            "ingest.split=random",
            "trainer.history='past'",
            "trainer.hidden_units=[8, 4]",
            "evaluator.bounds={rmse = 0.9}",
            "trainer.learning_rate=1",
        ]
    )
    assert (config.ingest.split, config.trainer.history) == ("random", "past")
    assert config.trainer.hidden_units == (8, 4)
    assert dict(config.evaluator.bounds) == {"rmse": 0.9}
    assert config.trainer.learning_rate == 1.0


def test_paths_hang_under_the_output_folder_unless_they_are_given(tmp_path: Path) -> None:
    config = load_config(output=str(tmp_path))
    assert config.input_base == tmp_path / "data" / "default"
    assert config.metadata_path == tmp_path / "metadata.sqlite"
    assert config.pipeline_root == tmp_path / "pipeline_root"
    assert config.serving_model == tmp_path / "serving_model" / "movielens"
    moved = load_config(
        output=str(tmp_path),
        data=str(tmp_path / "ml-25m"),
        overrides=["serving.base_directory=/models/m", "metadata.path=/db/m.sqlite"],
    )
    assert moved.input_base == tmp_path / "ml-25m"
    assert moved.serving_model == Path("/models/m")
    assert moved.metadata_path == Path("/db/m.sqlite")


def test_relative_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config(output="runs").output == tmp_path / "runs"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trainr.epochs=1", r"`trainr`; did you mean `trainer`\?"),
        ("trainer.epoch=1", r"`trainer\.epoch`; did you mean `trainer\.epochs`\?"),
        ("ingest.splt=random", r"`ingest\.splt`; did you mean `ingest\.split`\?"),
        ("ingest.split=bogus", r"`ingest\.split` should be one of temporal.*'bogus'"),
        ("ingest.split=reference-leaky", r"`ingest\.split` .*'reference-leaky'.*scoreboard only"),
        ("ingest.max_history=0", r"`ingest\.max_history` should be .* from 1 .* Received: 0"),
        ("transform.folds=1", r"`transform\.folds` should be .* from 2 .* Received: 1"),
        (
            "trainer.dropout=1.5",
            r"`trainer\.dropout` should be a number of at least 0 and below 1.*1\.5",
        ),
        (
            "evaluator.bounds={rmes = 1}",
            r"`evaluator\.bounds\.rmes`; did you mean `evaluator\.bounds\.rmse`",
        ),
        ("tuner.trials=0", r"`tuner\.trials` should be a whole number from 1 .* Received: 0"),
        ("tuner.max_minutes=-1", r"`tuner\.max_minutes` should be a number above 0\. Received: -1"),
        ("tuner.trails=3", r"`tuner\.trails`; did you mean `tuner\.trials`\?"),
        (
            "beam.args=['runner']",
            r"`beam\.args\[0\]` should be an option like --name=value.*'runner'",
        ),
        ("pipeline.name='a b'", r"`pipeline\.name` should be a letter.*'a b'"),
        ("pipeline.output=''", r"`pipeline\.output` should not be blank\. Received: ''"),
        ("data.input_base=' '", r"`data\.input_base` should not be blank.*' '"),
        ("trainer.epochs=2026-11-28", r"`trainer\.epochs` should be .* Received: 2026-11-28"),
        ("trainer.epochs=" + "9" * 5000, r"`trainer\.epochs` should be .* Received: '999+…"),
        ("trainer.learning_rate=nan", r"learning_rate` should be a finite number.*: nan"),
        ("trainer.model.name=mf", r"`trainer\.model` should be one of .*\{'name': 'mf'\}"),
        ("epochs=5", r"--set takes section\.key=value.*'epochs=5'"),
        ("trainer.epochs", r"--set takes section\.key=value.*'trainer\.epochs'"),
        ("trainer..epochs=1", r"--set takes section\.key=value.*'trainer\.\.epochs=1'"),
    ],
)
def test_a_wrong_override_says_what_is_wrong(override: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_config(overrides=[override])


def test_an_objective_must_be_one_of_the_model_s() -> None:
    message = r"`trainer\.objective` should be one of mse, cross_entropy for mf\. .*'ordinal'"
    with pytest.raises(UsageError, match=message):
        load_config(overrides=["trainer.model=mf", "trainer.objective=ordinal"])


@pytest.mark.parametrize("model", ["dummy", "popular", "bias"])
def test_a_model_with_nothing_to_tune_is_refused_where_tuning_is_asked_for(model: str) -> None:
    overrides = [f"trainer.model={model}"]
    assert load_config(overrides=overrides).trainer.model == model
    message = rf"\[tuner\]: .*something to tune.*Received: '{model}'"
    with pytest.raises(UsageError, match=message):
        load_config(overrides=[*overrides, "tuner.enabled=true"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no configuration file .*absent\.toml"):
        load_config(tmp_path / "absent.toml")


def test_a_folder_for_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Is a directory"):
        load_config(tmp_path)


def test_a_value_for_a_section_is_refused(tmp_path: Path) -> None:
    (tmp_path / "flat.toml").write_text("trainer = 3\n")
    with pytest.raises(UsageError, match=r"key `trainer` should be a table\. Received: 3"):
        load_config(tmp_path / "flat.toml")


def test_later_tables_are_laid_over_earlier_ones_key_by_key() -> None:
    base = {"a": {"x": 1, "y": 2}, "b": 3}
    assert merge(base, {"a": {"y": 4}}) == {"a": {"x": 1, "y": 4}, "b": 3}
    assert base == {"a": {"x": 1, "y": 2}, "b": 3}


@pytest.mark.parametrize("content", [b"[pipeline\n", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.toml").write_bytes(content)
    with pytest.raises(UsageError, match=r"bad\.toml is not valid TOML"):
        load_config(tmp_path / "bad.toml")


def test_the_shipped_local_configuration_is_the_default() -> None:
    assert load_config(CONFIGS / "local.toml") == PipelineConfig()


def test_the_shipped_production_configuration_is_valid() -> None:
    config = load_config(CONFIGS / "production.toml")
    assert config.ingest.split == "global_time"
    assert config.beam.args == IN_PROCESS_BEAM_ARGS


def test_loading_a_configuration_imports_nothing_heavy() -> None:
    code = (
        "import sys; from pipeline.config import load_config; load_config();"
        "heavy = ('tfx', 'tensorflow', 'keras', 'keras_tuner', 'apache_beam', 'numpy');"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=CONFIGS.parent,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("overrides", "folds_by"),
    [
        ([], "time"),
        (["ingest.split=global_time"], "time"),
        (["ingest.split=reference"], "hash"),
        (["ingest.split=random"], "hash"),
        (["ingest.split=random", "trainer.folds_by=time"], "time"),
    ],
)
def test_the_rows_to_learn_from_are_made_as_the_split_makes_test_rows(
    overrides: list[str], folds_by: str
) -> None:
    assert load_config(overrides=overrides).trainer.folds_by == folds_by


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ['data.columns.user="user_id"'],
            r"`data\.columns\.user` should be one of userId, .*: 'user_id'",
        ),
        (["data.timestamp_unit=min"], r"`data\.timestamp_unit` should be one of s, ms.*'min'"),
        (
            ["data.encoding=utf-16"],
            r"`data\.encoding` should be an encoding that Python knows.*'utf-16'",
        ),
        (["data.window=0"], r"`data\.window` should be .* from 1 .* Received: 0"),
        (["data.span=-1"], r"`data\.span` should be .* from 0 .* Received: -1"),
        (["data.window=2"], "need an input_base of spans, such as .* Received: None"),
        (["data.span=2", "data.input_base=/data"], "need an input_base of spans.* '/data'"),
    ],
)
def test_spans_need_a_pattern_and_sense(overrides: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_config(overrides=overrides)


def test_the_span_of_the_command_line_wins() -> None:
    data = load_config(overrides=["data.span=2"], data="in/{YYYY}-{MM}-{DD}", span=3).data
    assert data.span == 3


@pytest.mark.parametrize(
    ("output", "received"),
    [
        ("out [1]", r"Received: \[ \] in /.*/out \[1\]"),
        ("what?", r"Received: \? in"),
        ("*", r"Received: \* in"),
        ("back\\slash", r"Received: \\ in"),
        ("two\nlines", r"printable.*Received: '/.*two\\nlines'"),
        ("latin \udce9", r"printable.*Received: '/.*latin \\udce9'"),
    ],
)
def test_an_output_folder_that_nodes_would_stumble_over_is_refused(
    output: str, received: str
) -> None:
    with pytest.raises(UsageError, match=received):
        load_config(output=output)


def test_the_working_directory_is_part_of_the_output_folder_s_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a [draft]"
    folder.mkdir()
    monkeypatch.chdir(folder)
    with pytest.raises(UsageError, match=r"none of \* \? \[ \].*draft"):
        load_config()
    load_config(output=str(tmp_path / "für mich, (1); a#b %41 {x} @2 'c' \"d\" ~ $HOME: & = 日本"))

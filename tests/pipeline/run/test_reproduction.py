import shlex

from pipeline.config import load_config
from pipeline.run.reproduction import command, environment


def test_the_command_gives_the_same_options_again() -> None:
    overrides = [
        "trainer.model=mf_dnn",
        "trainer.epochs=3",
        'evaluator.bounds={rmse=0.9, "auc"=0.7}',
        "ingest.split=random",
        "alerts.webhook='https://secret.example/hook'",
        "beam.args=['--job_endpoint=secret:8099']",
    ]
    config = load_config(overrides=overrides, output="out put", data="some 'data'")
    words = shlex.split(command(config))
    assert words[:4] == ["movielens", "run", "--output", "out put"]
    again = load_config(overrides=[word for word in words[4:] if word != "--set"])
    for section in ("data", "trainer", "evaluator", "ingest"):
        assert getattr(again, section) == getattr(config, section)
    assert "secret" not in command(config)


def test_with_defaults_only_the_model_is_named() -> None:
    assert command(load_config()) == "movielens run --output output --set trainer.model=gp_dnn"


def test_versions_are_of_what_computes_the_model() -> None:
    found = environment()
    assert found["Python"].startswith("3.")
    assert {"machine", "tensorflow", "keras", "numpy"} <= found.keys()

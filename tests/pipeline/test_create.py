import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.compiler import compiler

from pipeline import create
from pipeline.config import load_config
from pipeline.nodes import comparing, data, findings, judging, learning

Build = Callable[..., dict[str, Any]]

EDGES = {
    "MovieLensExampleGen": set(),
    "CuratedSchema": set(),
    "StatisticsGen": {"MovieLensExampleGen"},
    "ExampleValidator": {"StatisticsGen", "CuratedSchema"},
    "AnomalyGate": {"ExampleValidator"},
    "Transform": {"MovieLensExampleGen", "CuratedSchema", "AnomalyGate"},
    "Trainer": {"MovieLensExampleGen", "Transform"},
    "BaselineResolver": {"Trainer"},
    "Evaluator": {"MovieLensExampleGen", "Trainer", "BaselineResolver"},
    "ServingValidator": {"MovieLensExampleGen", "Trainer"},
    "Pusher": {"Trainer", "Evaluator", "ServingValidator"},
    "RunReport": {"MovieLensExampleGen", "Trainer", "Pusher"},
}


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Builds the pipeline with some overrides; returns its nodes by id."""

    def run(*overrides: str) -> dict[str, Any]:
        pipeline = create.create_pipeline(load_config(overrides=overrides, output=str(tmp_path)))
        return {node.id: node for node in pipeline.components}

    return run


def properties(node: Any) -> dict[str, str]:
    return {name: str(value) for name, value in node.exec_properties.items()}


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {
        name
        for name in before
        if "exec_properties" in dir(before[name])
        and properties(before[name]) != properties(after[name])
    }


def edit(monkeypatch: pytest.MonkeyPatch, edited: str) -> None:
    """Makes a module look edited to whoever takes its fingerprint."""
    real = data.fingerprint

    def fingerprint(*modules: str) -> str:
        return f"edited {real(*modules)}" if edited in modules else real(*modules)

    for stage in (comparing, data, judging, learning):
        monkeypatch.setattr(stage, "fingerprint", fingerprint)


def test_the_graph_has_these_nodes_and_edges(build: Build) -> None:
    nodes = build()
    assert {name: {up.id for up in node.upstream_nodes} for name, node in nodes.items()} == EDGES


def test_tuning_puts_a_tuner_before_the_trainer(build: Build) -> None:
    nodes = build("tuner.enabled=true")
    edges = {name: {up.id for up in node.upstream_nodes} for name, node in nodes.items()}
    assert edges == EDGES | {
        "Tuner": EDGES["Trainer"],
        "Trainer": EDGES["Trainer"] | {"Tuner"},
    }
    found = nodes["Tuner"].outputs["best_hyperparameters"]
    assert nodes["Trainer"].inputs["hyperparameters"] is found
    assert "hyperparameters" not in build()["Trainer"].inputs


def test_the_tuner_is_given_what_the_trainer_is(build: Build) -> None:
    nodes = build("tuner.enabled=true", "tuner.trials=3", "trainer.epochs=7")
    tuner, trainer = nodes["Tuner"], nodes["Trainer"]
    for name in ("examples", "transform_graph"):
        assert tuner.inputs[name] is trainer.inputs[name]
    for name in ("train_args", "eval_args"):
        assert properties(tuner)[name] == properties(trainer)[name]
    of_tuner, of_trainer = (
        json.loads(properties(node)["custom_config"]) for node in (tuner, trainer)
    )
    assert of_tuner["config"] == of_trainer["config"]
    assert of_tuner["tuner"] == {"enabled": True, "trials": 3, "max_minutes": 10.0, "seed": 0}


def edges_of(nodes: dict[str, Any]) -> dict[str, set[str]]:
    return {name: {up.id for up in node.upstream_nodes} for name, node in nodes.items()}


def test_the_pusher_asks_evaluator_and_canary(build: Build) -> None:
    nodes = build()
    inputs = nodes["Pusher"].inputs
    assert inputs["model_blessing"] is nodes["Evaluator"].outputs["blessing"]
    assert inputs["infra_blessing"] is nodes["ServingValidator"].outputs["blessing"]


def test_without_a_canary_the_pusher_asks_the_evaluator_alone(
    build: Build,
) -> None:
    edges = {name: up for name, up in EDGES.items() if name != "ServingValidator"}
    nodes = build("canary.enabled=false")
    assert edges_of(nodes) == edges | {"Pusher": {"Trainer", "Evaluator"}}
    assert "infra_blessing" not in nodes["Pusher"].inputs


def test_tfx_s_own_validator_may_stand_in_for_the_canary(tmp_path: Path) -> None:
    overrides = ["canary.validator=infra", "canary.requests=7", "canary.max_load_seconds=90.5"]
    overrides.append('canary.image="registry.example/serving:2.20"')
    pipeline = create.create_pipeline(load_config(overrides=overrides, output=str(tmp_path)))
    nodes = {node.id: node for node in pipeline.components}
    edges = {name: up for name, up in EDGES.items() if name != "ServingValidator"}
    edges["InfraValidator"] = EDGES["ServingValidator"]
    edges["Pusher"] = {"Trainer", "Evaluator", "InfraValidator"}
    assert edges_of(nodes) == edges
    told = {
        name: json.loads(value)
        for name, value in properties(nodes["InfraValidator"]).items()
        if name.endswith("_spec")
    }
    assert told == {
        "serving_spec": {
            "tensorflow_serving": {"image_name": "registry.example/serving", "tags": ["2.20"]},
            "kubernetes": {},
            "model_name": "movielens",
        },
        "validation_spec": {"max_loading_time_seconds": 91},
        "request_spec": {
            "tensorflow_serving": {"signature_names": ["serving_default"]},
            "split_name": "eval",
            "num_examples": 7,
        },
    }
    compiled = compiler.Compiler().compile(pipeline)
    assert {each.pipeline_node.node_info.id for each in compiled.nodes} == set(edges)


def test_the_graph_compiles(tmp_path: Path) -> None:
    pipeline = create.create_pipeline(load_config(output=str(tmp_path)))
    compiled = compiler.Compiler().compile(pipeline)
    assert {each.pipeline_node.node_info.id for each in compiled.nodes} == set(EDGES)
    assert compiled.pipeline_info.id == "movielens"


def test_roots_and_beam_arguments_come_from_the_configuration(tmp_path: Path) -> None:
    pipeline = create.create_pipeline(
        load_config(
            output=str(tmp_path),
            overrides=["pipeline.name=other", "beam.args=['--runner=FlinkRunner']"],
        )
    )
    assert pipeline.pipeline_info.pipeline_name == "other"
    assert pipeline.pipeline_info.pipeline_root == str(tmp_path / "pipeline_root")
    assert pipeline.beam_pipeline_args == ["--runner=FlinkRunner"]
    sqlite = pipeline.metadata_connection_config.sqlite
    assert sqlite.filename_uri == str(tmp_path / "metadata.sqlite")


def test_train_and_catalogue_are_trained_on_eval_stops_and_test_judges(
    build: Build,
) -> None:
    nodes = build()
    train = json.loads(properties(nodes["Trainer"])["train_args"])
    assert train["splits"] == ["train", "catalogue"]
    assert json.loads(properties(nodes["Trainer"])["eval_args"])["splits"] == ["eval"]
    assert json.loads(properties(nodes["Evaluator"])["example_splits"]) == ["test"]
    splits = json.loads(properties(nodes["Transform"])["splits_config"])
    assert splits["analyze"] == ["train"]
    assert list(nodes["Transform"].outputs) == ["transform_graph"]
    assert json.loads(properties(nodes["StatisticsGen"])["exclude_splits"]) == ["catalogue"]


def test_statistics_are_of_a_sample_unless_ratings_are_to_be_counted(build: Build) -> None:
    def max_rows(*overrides: str) -> str:
        return properties(build("data.statistics_rows=9", *overrides)["StatisticsGen"])["max_rows"]

    assert max_rows() == max_rows("drift.l_infinity.genres=0.1") == "9"
    assert max_rows("drift.min_growth=0.5") == "0"


def test_options_of_a_stage_reach_its_node_alone(build: Build) -> None:
    before = build()
    assert changed(before, build("ingest.seed=7")) == {"MovieLensExampleGen"}
    assert changed(before, build("transform.folds=7")) == {"Transform"}
    assert changed(before, build("trainer.epochs=7")) == {"Trainer"}
    assert changed(before, build("tuner.seed=7")) == set()
    assert changed(before, build("evaluator.bounds={rmse = 0.7}")) == {"Evaluator"}
    assert changed(before, build("canary.requests=7")) == {"ServingValidator"}
    assert changed(before, build("serving.base_directory=/m")) == {"Pusher"}
    assert changed(before, build()) == set()


@pytest.mark.parametrize(
    ("module", "node"),
    [
        ("components.movielens_example_gen.component", "MovieLensExampleGen"),
        ("transform_module.preprocessing", "Transform"),
        ("trainer_module.entrypoint", "Trainer"),
        ("components.evaluator.tfma_metric", "Evaluator"),
        ("components.serving_validator.executor", "ServingValidator"),
        ("serving.server.__main__", "ServingValidator"),
    ],
)
def test_an_edit_of_a_stage_s_code_reaches_its_node_alone(
    build: Build, monkeypatch: pytest.MonkeyPatch, module: str, node: str
) -> None:
    before = build()
    edit(monkeypatch, module)
    assert changed(before, build()) == {node}


def test_budget_and_code_of_the_search_reach_the_tuner_alone(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build("tuner.enabled=true")
    assert changed(before, build("tuner.enabled=true", "tuner.trials=3")) == {"Tuner"}
    edit(monkeypatch, "trainer_module.tuning.tuner")
    assert changed(before, build("tuner.enabled=true")) == {"Tuner"}


def test_user_functions_are_named_by_import_path(build: Build) -> None:
    nodes = build("tuner.enabled=true")
    assert properties(nodes["Transform"])["preprocessing_fn"] == learning.PREPROCESSING_FN
    assert properties(nodes["Trainer"])["run_fn"] == learning.RUN_FN
    assert properties(nodes["Tuner"])["tuner_fn"] == learning.TUNER_FN
    assert nodes["Transform"].exec_properties["module_file"] is None
    assert nodes["Tuner"].exec_properties["module_file"] is None
    assert nodes["Trainer"].exec_properties["module_file"] is None


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {}),
        (["data.window=3"], {"rolling_range": {"num_spans": 3}}),
        (["data.span=7"], {"static_range": {"start_span_number": 7, "end_span_number": 7}}),
        (
            ["data.span=7", "data.window=3"],
            {"static_range": {"start_span_number": 5, "end_span_number": 7}},
        ),
    ],
)
def test_span_and_window_become_the_range_to_ingest(
    build: Build, options: list[str], expected: dict[str, Any]
) -> None:
    node = build("data.input_base=in/span-{SPAN}", *options)["MovieLensExampleGen"]
    assert json.loads(node.exec_properties.get("range_config") or "{}") == expected


def test_drift_is_judged_between_statistics_and_transform(
    build: Build,
) -> None:
    nodes = build("drift.l_infinity.genres=0.1")
    assert set(nodes) - set(EDGES) == {"EarlierStatistics", "DistributionValidator", "DriftGate"}
    assert {node.id for node in nodes["DriftGate"].upstream_nodes} == {"DistributionValidator"}
    assert "DriftGate" in {node.id for node in nodes["Transform"].upstream_nodes}
    # The first span has nothing before it: an input that must be there would fail its run.
    assert nodes["DistributionValidator"].inputs["baseline_statistics"].is_optional


def test_skew_is_judged_between_statistics_and_transform(
    build: Build,
) -> None:
    nodes = build("skew.serving_log=/srv/log/requests", "skew.l_infinity.movie_id=0.1")
    edges = edges_of(nodes)
    assert {name: up for name, up in edges.items() if name not in EDGES} == {
        "ServingLogGen": {"MovieLensExampleGen"},
        "ServingStatistics": {"ServingLogGen"},
        "SkewValidator": {"StatisticsGen", "ServingStatistics"},
        "SkewGate": {"SkewValidator"},
    }
    assert edges["Transform"] == EDGES["Transform"] | {"SkewGate"}
    # Both sides are to count movie ids in the same way, and only where they are compared.
    options = "stats_options_json"
    assert (
        properties(nodes["StatisticsGen"])[options]
        == properties(nodes["ServingStatistics"])[options]
    )
    assert properties(build()["StatisticsGen"])[options] == ""
    assert properties(nodes["ServingLogGen"])["model_name"] == "movielens"


def test_every_node_but_a_mere_look_up_says_what_it_found(
    build: Build,
) -> None:
    drift, skew = "drift.l_infinity.genres=0.1", "skew.l_infinity.movie_id=0.1"
    nodes = build("tuner.enabled=true", drift, skew, "skew.serving_log=/srv/log/requests")
    assert set(nodes) - set(findings._FINDINGS) == {"EarlierStatistics"}
    assert set(findings._FINDINGS) - set(nodes) == {"PushedBaseline", "InfraValidator"}


def test_an_edit_of_what_reads_the_log_reruns_it(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    overrides = ("skew.serving_log=/srv/log/requests", "skew.l_infinity.movie_id=0.1")
    before = build(*overrides)
    for module, node in (
        (comparing.SERVING_LOG_MODULE, "ServingLogGen"),
        (comparing.SKEW_MODULE, "SkewValidator"),
    ):
        with monkeypatch.context() as patch:
            edit(patch, module)
            assert changed(before, build(*overrides)) == {node}

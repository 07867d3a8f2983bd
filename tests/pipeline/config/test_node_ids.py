from pathlib import Path

from pipeline.config import load_config
from pipeline.config.node_ids import NODE_IDS
from pipeline.create import create_pipeline


def test_they_are_those_of_all_pipelines_that_can_be_configured(tmp_path: Path) -> None:
    everything = [
        "tuner.enabled=true",
        "drift.max_growth=2.0",
        "skew.serving_log=/srv/log/requests",
        "skew.l_infinity.genres=0.1",
        "evaluator.baseline=last_pushed",
    ]
    found = set()
    for overrides in (everything, ["canary.validator=infra"]):
        pipeline = create_pipeline(load_config(overrides=overrides, output=str(tmp_path)))
        found |= {node.id for node in pipeline.components}
    assert set(NODE_IDS) == found

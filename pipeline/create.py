"""`create_pipeline`: one graph of nodes for every runner.

The fingerprint of the source of each stage's code goes along with it, because TFX's cache does not
look into code.
"""

from typing import Final

from tfx.orchestration.pipeline import Pipeline

from pipeline.config import PipelineConfig
from pipeline.nodes import data, judging, learning
from pipeline.store.connection import connection_config

INGEST_NODE: Final = "MovieLensExampleGen"


def create_pipeline(config: PipelineConfig, *, has_resolvers: bool = True) -> Pipeline:
    """Composes the pipeline, the same graph for every runner.

    Args:
        config: all options; only roots, metadata connection and Beam arguments differ by platform.
        has_resolvers: whether nodes can ask the metadata; where not, the baseline of the Evaluator
            is what was pushed last.

    Raises:
        ModuleNotFoundError: a module that is named by import path does not exist.
    """
    example_gen = data.ingest(config)
    examples = example_gen.outputs["examples"]
    validation = data.validate(config, examples)
    schema_gen, gate = validation[1], validation[-1]
    transform = learning.transform_features(config, examples, schema_gen.outputs["schema"])
    transform.add_upstream_node(gate)
    drift = data.compare(config.drift, validation[0]) if config.drift.enabled else ()
    skew = data.compare_with_serving(config, examples, validation[0]) if config.skew.enabled else ()
    for comparison in (drift, skew):
        if comparison:
            transform.add_upstream_node(comparison[-1])
    tuner = learning.tune(config, transform) if config.tuner.enabled else None
    trainer = learning.train(config, transform, tuner)
    model = trainer.outputs["model"]
    *baseline, evaluator = judging.evaluate(config, examples, model, has_resolvers=has_resolvers)
    canary = judging.try_out(config, examples, model) if config.canary.enabled else None
    infra_blessing = canary.outputs["blessing"] if canary else None
    pusher = judging.push(config, model, evaluator.outputs["blessing"], infra_blessing)
    return Pipeline(
        pipeline_name=config.pipeline.name,
        pipeline_root=str(config.pipeline_root),
        components=[
            example_gen,
            *validation,
            *drift,
            *skew,
            transform,
            *([tuner] if tuner else []),
            trainer,
            *baseline,
            evaluator,
            *([canary] if canary else []),
            pusher,
        ],
        enable_cache=True,
        metadata_connection_config=connection_config(config),
        beam_pipeline_args=list(config.beam.args),
    )

"""`create_pipeline`: one graph of nodes for every runner."""

from tfx.orchestration.pipeline import Pipeline

from pipeline.config import PipelineConfig
from pipeline.nodes import comparing, data, judging, learning, reporting
from pipeline.store.connection import connection_config


def create_pipeline(config: PipelineConfig, *, has_resolvers: bool = True) -> Pipeline:
    """Composes the pipeline, the same graph for every runner.

    Only roots, metadata connection and Beam arguments differ by platform. Without resolvers, where
    nodes cannot ask the metadata store, the Evaluator compares with the model that was pushed last.
    """
    ingest = data.ingest(config)
    examples = ingest.outputs["examples"]
    validation = data.validate(config, examples)
    transform = learning.transform_features(config, examples, validation.schema.outputs["schema"])
    transform.add_upstream_node(validation.gate)
    nodes = [ingest, *validation]
    if config.drift.enabled:
        drift = comparing.compare_with_earlier(config.drift, validation.statistics)
        transform.add_upstream_node(drift.gate)
        nodes += drift
    if config.skew.enabled:
        skew = comparing.compare_with_serving(config, examples, validation.statistics)
        transform.add_upstream_node(skew.gate)
        nodes += skew
    tuner = learning.tune(config, examples, transform) if config.tuner.enabled else None
    trainer = learning.train(config, examples, transform, tuner)
    model = trainer.outputs["model"]
    judges = judging.evaluate(config, examples, model, has_resolvers=has_resolvers)
    canary = judging.try_out(config, examples, model) if config.canary.enabled else None
    pusher = judging.push(
        config,
        model,
        judges.evaluator.outputs["blessing"],
        canary.outputs["blessing"] if canary else None,
    )
    collected = reporting.collect(model, examples)
    collected.add_upstream_node(pusher)
    nodes += [transform, tuner, trainer, *judges.baseline, judges.evaluator, canary, pusher]
    nodes.append(collected)
    return Pipeline(
        pipeline_name=config.pipeline.name,
        pipeline_root=str(config.pipeline_root),
        components=[node for node in nodes if node is not None],
        enable_cache=True,
        metadata_connection_config=connection_config(config),
        beam_pipeline_args=list(config.beam.args),
    )

"""Declares Evaluator."""

from tensorflow_model_analysis.proto import config_pb2
from tfx.dsl.components.base import executor_spec
from tfx.types import standard_artifacts

from components.evaluator import executor
from components.interface import Component, component_spec


class Evaluator(Component):
    """Measures a model on the test split with TFMA, and blesses it if it keeps every bound.

    As TFX's Evaluator, of which it keeps the names; it also gives the test predictions.
    """

    SPEC_CLASS = component_spec(
        inputs={
            "examples": standard_artifacts.Examples,
            "model": standard_artifacts.Model,
            "baseline_model": standard_artifacts.Model,
        },
        optional=["baseline_model"],
        options={
            "example_splits": str,  # names as a list in JSON
            "eval_config": config_pb2.EvalConfig,
            "module_path": str,  # the module of `custom_extractors`
        },
        outputs={
            "evaluation": standard_artifacts.ModelEvaluation,
            "blessing": standard_artifacts.ModelBlessing,
            "predictions": standard_artifacts.InferenceResult,
        },
    )
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

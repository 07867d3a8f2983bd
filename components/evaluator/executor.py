"""Executor of Evaluator."""

from tfx.components.evaluator import executor
from tfx.types import artifact_utils

from components.evaluator.keep_predictions import keeping_predictions
from components.interface import Artifacts, Options


class Executor(executor.Executor):
    """TFX's executor, which also keeps the test predictions."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: Options) -> None:
        """Evaluates `model` on `examples` to `evaluation`, `blessing` and `predictions`."""
        folder = artifact_utils.get_single_uri(output_dict["predictions"])
        with keeping_predictions(folder):
            super().Do(input_dict, output_dict, exec_properties)

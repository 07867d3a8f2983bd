"""The configuration of a pipeline: a model for each section, and the function that reads them.

Nothing here imports a runner, a store or TensorFlow: every command reads the configuration.
"""

from pipeline.config.load import load_config
from pipeline.config.model import PipelineConfig

__all__ = ["PipelineConfig", "load_config"]

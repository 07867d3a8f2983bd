"""The configuration of a pipeline: everything that decides what a run does."""

from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from components.evaluator.settings import EvaluatorSettings
from components.serving_validator.settings import CanarySettings
from movielens.config import IngestConfig
from movielens.section import Section
from pipeline.config.alerts import AlertsConfig
from pipeline.config.distances import DriftConfig, SkewConfig
from pipeline.config.general import (
    BeamConfig,
    DataConfig,
    GeneralConfig,
    ScheduleConfig,
    ServingConfig,
)
from pipeline.config.kubeflow import KubeflowConfig
from pipeline.config.metadata import MetadataConfig, RetentionConfig
from trainer_module.config import TrainerConfig
from trainer_module.tuning.tuner_config import TunerConfig, tuned_options
from transform_module.config import TransformConfig


class PipelineConfig(Section):
    """Everything that decides what a run does; a field for each section of the file."""

    pipeline: GeneralConfig = Field(default_factory=GeneralConfig)
    data: DataConfig = Field(default_factory=DataConfig)
    ingest: IngestConfig = Field(default_factory=IngestConfig)
    transform: TransformConfig = Field(default_factory=TransformConfig)
    trainer: TrainerConfig = Field(default_factory=TrainerConfig)
    tuner: TunerConfig = Field(default_factory=TunerConfig)
    evaluator: EvaluatorSettings = Field(default_factory=EvaluatorSettings)
    canary: CanarySettings = Field(default_factory=CanarySettings)
    beam: BeamConfig = Field(default_factory=BeamConfig)
    metadata: MetadataConfig = Field(default_factory=MetadataConfig)
    serving: ServingConfig = Field(default_factory=ServingConfig)
    schedule: ScheduleConfig = Field(default_factory=ScheduleConfig)
    kubeflow: KubeflowConfig = Field(default_factory=KubeflowConfig)
    retention: RetentionConfig = Field(default_factory=RetentionConfig)
    alerts: AlertsConfig = Field(default_factory=AlertsConfig)
    drift: DriftConfig = Field(default_factory=DriftConfig)
    skew: SkewConfig = Field(default_factory=SkewConfig)

    @field_validator("tuner")
    @classmethod
    def _require_something_to_tune(cls, tuner: TunerConfig, info: ValidationInfo) -> TunerConfig:
        if tuner.enabled and "trainer" in info.data:
            tuned_options(info.data["trainer"].model)
        return tuner

    @property
    def output(self) -> Path:
        """The output folder, absolute, so that nodes may run in any working directory."""
        return Path(self.pipeline.output).expanduser().absolute()

    @property
    def default_data(self) -> Path:
        """The folder of the default data, which are written if no `data.input_base` is given."""
        return self.output / "data" / "default"

    @property
    def input_base(self) -> Path:
        """The folder (or pattern of folders) that ratings are read from, absolute."""
        if self.data.input_base is None:
            return self.default_data
        return Path(self.data.input_base).expanduser().absolute()

    @property
    def pipeline_root(self) -> Path:
        """Where artifacts go."""
        return self.output / "pipeline_root"

    @property
    def metadata_path(self) -> Path:
        """The SQLite file of ML Metadata, if no server keeps the metadata."""
        return Path(self.metadata.path or self.output / "metadata.sqlite").expanduser().absolute()

    @property
    def metrics_file(self) -> Path | None:
        """The file for a run's numbers, absolute; None if nobody wants them."""
        file = self.alerts.metrics_file
        return None if file is None else Path(file).expanduser().absolute()

    @property
    def serving_model(self) -> Path:
        """The folder of pushed versions."""
        default = self.output / "serving_model" / self.pipeline.name
        return Path(self.serving.base_directory or default).expanduser().absolute()

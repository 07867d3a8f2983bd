"""Real TFX components that do next to nothing, for tests of what runs them."""

import contextlib
import os
import signal
from pathlib import Path
from typing import Any

from tfx import v1 as tfx
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.dsl.components.common.resolver import Resolver, ResolverStrategy
from tfx.types import standard_artifacts


class OddNumberError(ValueError):
    """What `Halve` raises."""


@component
def Write(  # noqa: N802 - components are named like classes
    number: Parameter[int],
    folder: Parameter[str],
    written: OutputArtifact[standard_artifacts.String],
) -> None:
    """Writes a number, and a line that tells that it ran."""
    note(folder, "Write")
    written.write(str(number))


@component
def Halve(  # noqa: N802
    written: InputArtifact[standard_artifacts.String],
    folder: Parameter[str],
    half: OutputArtifact[standard_artifacts.String],
) -> None:
    """Halves the number; dies half-way, or is interrupted, where a file in the folder says so."""
    note(folder, "Halve")
    number = int(written.read())
    half.write("unfinished")
    if (Path(folder) / "kill").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    be_interrupted(Path(folder))
    if number % 2:
        raise OddNumberError(f"expected an even number. Received: {number}")
    half.write(str(number // 2))


@component
def Report(  # noqa: N802
    half: InputArtifact[standard_artifacts.String],
    folder: Parameter[str],
    report: OutputArtifact[standard_artifacts.String],
) -> None:
    """Passes the half on."""
    note(folder, "Report")
    report.write(half.read())


class PickyStrategy(ResolverStrategy):
    """Never finds what it looks for."""

    def resolve_artifacts(self, *_: object) -> None:
        raise LookupError("expected a model of span 7. Received: none")


def unresolvable_pipeline(folder: Path) -> tfx.dsl.Pipeline:
    """A single node, whose inputs cannot be resolved."""
    models = tfx.dsl.Channel(type=standard_artifacts.Model)
    node = Resolver(strategy_class=PickyStrategy, model=models).with_id("Baseline")
    return pipeline_of(folder, [node])


def be_interrupted(folder: Path) -> None:
    """Gets SIGINT, and does with it what libraries have been seen to do."""
    if (folder / "swallow").exists():
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    if (folder / "wrap").exists():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt as error:
            raise RuntimeError("KeyboardInterrupt: [while running 'CreateSavedModel']") from error


def note(folder: str, name: str) -> None:
    """Appends a name to the file `ran`."""
    with (Path(folder) / "ran").open("a") as file:
        file.write(f"{name}\n")


def tiny_pipeline(folder: Path, number: int) -> tfx.dsl.Pipeline:
    """Write, Halve and Report in a row, with everything under `folder`."""
    write = Write(number=number, folder=str(folder))
    halve = Halve(written=write.outputs["written"], folder=str(folder))
    report = Report(half=halve.outputs["half"], folder=str(folder))
    return pipeline_of(folder, [write, halve, report])


def pipeline_of(folder: Path, components: list[Any]) -> tfx.dsl.Pipeline:
    """A pipeline with everything under `folder`."""
    return tfx.dsl.Pipeline(
        pipeline_name="tiny",
        pipeline_root=str(folder / "pipeline_root"),
        components=components,
        enable_cache=True,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(folder / "metadata.sqlite")
        ),
    )

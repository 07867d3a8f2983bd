r"""Compiles the pipeline for a scheduler.

The graph is the one that `movielens run` runs. Image, resources, volume and roots come from the
configuration, as in configs/kubeflow.toml.

Examples:
  movielens compile --target airflow3 --config /etc/movielens.toml --output /etc/movielens.json
  movielens compile --target kubeflow --config configs/kubeflow.toml
  movielens compile --target kubeflow --config configs/kubeflow.toml \
    --image registry.example.org/movielens:2026-11-24 --output build/movielens.yaml
"""

import argparse
import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pipeline import terminal
from pipeline.commands.arguments import add_config_options
from pipeline.config import PipelineConfig, load_config
from pipeline.errors import RunFailure
from pipeline.run.logs import output_to_log
from pipeline.runners.scheduled import check_kubeflow, check_paths

# By target: a check of the configuration that needs no TFX, and the module and function that return
# the text of the file.
TARGETS: Final[Mapping[str, tuple[Callable[[PipelineConfig], None], str, str]]] = {
    "kubeflow": (check_kubeflow, "pipeline.runners.kubeflow", "compile_package"),
    "airflow3": (check_paths, "pipeline.runners.airflow3", "compile_graph"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", choices=list(TARGETS), required=True, help="the scheduler")
    add_image_options(parser)
    parser.add_argument(
        "--output",
        dest="file",  # the command line takes `output` for the folder of the logs
        type=Path,
        default=Path("movielens.yaml"),
        metavar="FILE",
        help="the file to write [movielens.yaml]",
    )


def add_image_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that `config_of` reads."""
    add_config_options(parser)
    parser.add_argument("--image", metavar="NAME:TAG", help="wins over kubeflow.image")


def config_of(args: argparse.Namespace) -> PipelineConfig:
    """Reads the configuration that the options name."""
    image = [] if args.image is None else [f"kubeflow.image='{args.image}'"]
    return load_config(args.config, overrides=[*args.set, *image])


def run(args: argparse.Namespace) -> int:
    config = config_of(args)
    with _writing(args.file):
        args.file.parent.mkdir(parents=True, exist_ok=True)
    text = compile_for(args.target, config)
    with _writing(args.file):
        args.file.write_text(text, encoding="utf-8")
    terminal.say(f"{args.file} ({len(text):,} characters) is for {args.target}")
    return 0


def compile_for(target: str, config: PipelineConfig) -> str:
    """Compiles for a target of `TARGETS`; loads TFX."""
    check, module, function = TARGETS[target]
    check(config)
    # Libraries print messages as they load, which go to a log that is thrown away.
    with (
        TemporaryDirectory() as folder,
        output_to_log(Path(folder) / "log") as console,
        terminal.progress("compiling (loading TFX takes some 20 s)", stream=console),
    ):
        compiler: Callable[[PipelineConfig], str]
        compiler = getattr(importlib.import_module(module), function)
        return compiler(config)


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunFailure(f"{file} cannot be written: {error.strerror}") from error

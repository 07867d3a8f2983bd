"""`movielens compile`: the pipeline as a scheduler's own file."""

import argparse
import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from pipeline import terminal
from pipeline.commands.set_flag import add_set_flag
from pipeline.config import PipelineConfig, load_config
from pipeline.errors import RunFailure
from pipeline.run.logs import output_to_log
from pipeline.runners.scheduled import check_kubeflow, check_paths

# By target: what refuses a configuration before TFX is loaded, and the module and its function that
# makes the file's text of it.
TARGETS: Final[Mapping[str, tuple[Callable[[PipelineConfig], None], str, str]]] = {
    "kubeflow": (check_kubeflow, "pipeline.runners.kubeflow", "compile_package"),
    "airflow3": (check_paths, "pipeline.runners.airflow3", "compile_graph"),
}
_DESCRIPTION: Final = """Compiles the pipeline for a scheduler. The graph is the one that `movielens
run` runs; image, resources, volume and roots come from the configuration, as in
configs/kubeflow.toml."""
_EXAMPLE: Final = """examples:
  movielens compile --target airflow3 --config /etc/movielens.toml --output /etc/movielens.json
  movielens compile --target kubeflow --config configs/kubeflow.toml
  movielens compile --target kubeflow --config configs/kubeflow.toml \\
    --image registry.example.org/movielens:2026-11-24 --output build/movielens.yaml
"""


def add_parser(subparsers: Any) -> None:
    """Adds the parser of `movielens compile`."""
    parser = subparsers.add_parser(
        "compile",
        description=_DESCRIPTION,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--target", choices=list(TARGETS), required=True, help="the scheduler")
    add_config_flags(parser)
    parser.add_argument(
        "--output",
        dest="file",  # a command's `output` is a folder to the rest of the command line
        type=Path,
        default=Path("movielens.yaml"),
        metavar="FILE",
        help="the file to write [movielens.yaml]",
    )


def add_config_flags(parser: argparse.ArgumentParser) -> None:
    """Adds what `config_of` reads."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="a TOML file; see configs/")
    parser.add_argument("--image", metavar="NAME:TAG", help="wins over kubeflow.image")
    add_set_flag(parser)


def config_of(args: argparse.Namespace) -> PipelineConfig:
    """Reads the configuration that the flags name.

    Raises:
        UsageError: it is not one.
    """
    image = [] if args.image is None else [f"kubeflow.image='{args.image}'"]
    return load_config(args.config, overrides=[*args.set, *image])


def run(args: argparse.Namespace) -> int:
    """Compiles and writes the file.

    Raises:
        UsageError: the configuration does not fit the target.
        RunFailure: the file cannot be written.
    """
    config = config_of(args)
    with _writing(args.file):
        args.file.parent.mkdir(parents=True, exist_ok=True)
    text = compile_for(args.target, config)
    with _writing(args.file):
        args.file.write_text(text, encoding="utf-8")
    terminal.say(f"{args.file} ({len(text):,} characters) is for {args.target}")
    return 0


def compile_for(target: str, config: PipelineConfig) -> str:
    """Compiles for a target; loads TFX.

    Args:
        target: one of `TARGETS`.
        config: what to run.

    Raises:
        UsageError: the configuration does not fit the target.
    """
    check, module, function = TARGETS[target]
    check(config)
    # What libraries say as they load is kept from the terminal; an error has a log of its own.
    with (
        TemporaryDirectory() as folder,
        output_to_log(Path(folder) / "log") as console,
        terminal.progress("compiling (loading TFX takes some 20 s)", stream=console),
    ):
        compiler: Callable[[PipelineConfig], str] = getattr(
            importlib.import_module(module), function
        )
        return compiler(config)


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunFailure(f"{file} cannot be written: {error.strerror}") from error

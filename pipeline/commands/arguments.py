"""Arguments that several commands take, and the data that they name."""

import argparse
from pathlib import Path

from movielens.datasets.default_data import write_default_data
from movielens.errors import IngestError
from movielens.reading.layouts import recognise_layout
from pipeline.errors import UsageError


def add_config_options(parser: argparse.ArgumentParser, example: str = "trainer.epochs=5") -> None:
    """Adds `--config` and `--set`; the help of `--set` shows an example of an option."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="a TOML file; see configs/")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=f"override an option of the configuration, such as {example}",
    )


def add_store_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say where the metadata of earlier runs is, and `--json`."""
    add_config_options(parser, "metadata.host=db1")
    parser.add_argument("--output", metavar="DIR", help="folder of the runs [output]")
    add_json_option(parser)


def add_output_option(parser: argparse.ArgumentParser, meaning: str) -> None:
    """Adds `--output`, for commands that need no configuration."""
    parser.add_argument(
        "--output", type=Path, default=Path("output"), metavar="DIR", help=f"{meaning} [output]"
    )


def add_json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def add_count_option(parser: argparse.ArgumentParser) -> None:
    """Adds `-k`, the number of movies in a list."""
    parser.add_argument(
        *("-k", "--count"), type=int, default=10, metavar="N", help="movies wanted [10]"
    )


def not_blank(text: str) -> str:
    """The type of an argument that must not be blank."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"should not be blank. Received: {text!r}")
    return text


def add_data_flag(parser: argparse.ArgumentParser) -> None:
    """Adds `--data`, for commands that read a MovieLens folder without running the pipeline."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="a MovieLens folder [the default]")


def data_folder(given: Path | None, scratch: Path) -> Path:
    """Returns the folder of `--data`, or writes the default data below `scratch`.

    A UsageError if the folder does not exist, or is in no published layout.
    """
    if given is None:
        return write_default_data(scratch / "default_data")
    check_folder(given)
    try:
        recognise_layout(str(given), [file.name for file in given.iterdir()])
    except IngestError as error:
        raise UsageError(str(error)) from error
    return given


def check_folder(folder: Path) -> None:
    """Raises a UsageError if a data folder does not exist, or is a file."""
    if folder.is_dir():
        return
    if folder.exists():
        raise UsageError(
            f"{folder} is a file; give the folder of a ratings and a movies file, and extract an "
            "archive first"
        )
    raise UsageError(
        f"the data folder {folder} does not exist; give a folder of MovieLens files, or leave "
        "--data out for the default data"
    )

"""The flag `--data` of the commands that read a MovieLens folder without running the pipeline."""

import argparse
from pathlib import Path

from movielens.datasets.default_data import write_default_data
from movielens.errors import IngestError
from movielens.reading.layouts import recognise_layout
from pipeline.errors import UsageError


def add_data_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="DIR", help="a MovieLens folder [the default]")


def data_folder(given: Path | None, scratch: Path) -> Path:
    """Returns the folder of `--data`, or writes the default data below `scratch`.

    Raises:
        UsageError: The folder does not exist, or is in no published layout.
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

"""Packages that only the peers need."""

import importlib
from typing import Any


class MissingPackageError(Exception):
    """A peer's package is not installed."""


def optional(module: str, package: str) -> Any:
    """Imports a module of the extra `bench`.

    Args:
        module: What to import.
        package: The distribution that holds it, for the message.

    Raises:
        MissingPackageError: It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            f"{package} is not installed: it comes with the extra `bench`. Run "
            "`pip install -e '.[bench]'`, or leave the model out of --models"
        ) from error

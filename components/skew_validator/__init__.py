"""Compares what a model is trained on with what it is asked."""

from typing import Final

HISTORY_LENGTH: Final = "history_length"  # how many ratings a history has; no feature of an example

"""Names that the configuration and the comparison share. A light module, for the configuration."""

from typing import Final

HISTORY_LENGTH: Final = "history_length"  # how many ratings a history has; no feature of an example

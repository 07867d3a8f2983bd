"""Names of what is compared and is no feature of an example; light, for configurations."""

from typing import Final

HISTORY_LENGTH: Final = "history_length"  # how many ratings the history has

"""Finds in earlier runs what this one is compared with or starts from."""

from typing import Final

# A rollback leaves a PushedModel with this custom property: the id of the model that it put back.
RESTORED_MODEL: Final = "restored_model_id"

"""The mark of a rollback in the metadata store. A light module: `movielens rollback` reads it."""

from typing import Final

# A rollback leaves a PushedModel with this custom property: the id of the model that it put back.
RESTORED_MODEL: Final = "restored_model_id"

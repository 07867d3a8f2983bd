"""What a rollback leaves in the metadata store for those who resolve models.

A module of its own, for `movielens rollback` is not to wait for TFX to load.
"""

from typing import Final

# A rollback leaves a PushedModel with this custom property: the id of the model that it put back.
RESTORED_MODEL: Final = "restored_model_id"

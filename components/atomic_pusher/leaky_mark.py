"""The mark of a model that was trained on leaky features: it is never pushed, blessed or not.

The scoreboard's protocol `reference-leaky` trains on aggregates over the test ratings, to be
comparable with the slides. Such a model passes every threshold, because it has seen the answers.
The mark lies inside the model's folder, so that no copy loses it.
"""

from pathlib import Path
from typing import Final

MARK_FILE: Final = "assets.extra/LEAKY"  # model servers ignore `assets.extra`
_SENTENCE: Final = "This model has seen its test ratings. It is for the scoreboard only.\n"


class LeakyModelError(Exception):
    """A model that carries the mark was to be pushed."""


def mark_leaky(model: Path) -> None:
    """Marks a SavedModel, given by the folder that holds saved_model.pb."""
    mark = model / MARK_FILE
    mark.parent.mkdir(exist_ok=True)
    mark.write_text(_SENTENCE, encoding="utf-8")


def refuse_leaky(model: Path) -> None:
    """Raises LeakyModelError if a SavedModel carries the mark."""
    if (model / MARK_FILE).exists():
        raise LeakyModelError(
            f"The model {model} must not be pushed: by its mark {MARK_FILE} it was trained on "
            "features that were computed over its test ratings too, and exists for the scoreboard "
            "only. Train one by `movielens run`. What was served before is still served."
        )

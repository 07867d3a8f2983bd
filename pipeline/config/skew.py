"""How far what is asked may lie from what is trained on."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from components.skew_validator.feature_names import HISTORY_LENGTH
from pipeline.config.distances import Distances
from transform_module import features


@dataclass(frozen=True, kw_only=True)
class SkewConfig(Distances):
    """Section `[skew]`: the train split against what a model server has logged.

    Attributes:
        CATEGORICAL: what `l_infinity` may name.
        NUMERIC: what `jensen_shannon` may name.
        l_infinity: see `Distances`.
        jensen_shannon: see `Distances`.
        serving_log: the `filename_prefix` of the server's log, or a pattern of its files; nothing
            is compared where None.
        min_rows: a feature that fewer rows of the log have is not compared.
    """

    CATEGORICAL: ClassVar = (features.GENRES, features.MOVIE_ID)
    NUMERIC: ClassVar = (HISTORY_LENGTH, features.HISTORY_RATINGS)

    serving_log: str | None = None
    min_rows: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.serving_log is not None and not self.serving_log.strip():
            raise ValueError(
                "serving_log should be the filename_prefix of a server's log or a pattern of its "
                f"files. Received: {self.serving_log!r}"
            )
        has_thresholds = bool(self.l_infinity or self.jensen_shannon)
        if self.enabled and not has_thresholds:
            raise ValueError(
                "serving_log is given without a threshold, so that nothing would be compared; set "
                f"l_infinity for any of {', '.join(self.CATEGORICAL)} or jensen_shannon for any of "
                f"{', '.join(self.NUMERIC)}"
            )
        if has_thresholds and not self.enabled:
            raise ValueError("thresholds are given without serving_log, the log to compare with")
        if self.min_rows < 1:
            raise ValueError(f"min_rows should be at least 1. Received: {self.min_rows}")

    @property
    def enabled(self) -> bool:
        """Whether anything is compared."""
        return self.serving_log is not None

    @property
    def log_pattern(self) -> str:
        """The log, absolute: nodes may run in another working directory."""
        return str(Path(self.serving_log or "").expanduser().absolute())

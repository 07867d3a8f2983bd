"""How far what is asked may lie from what is trained on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from components.skew_validator.feature_names import HISTORY_LENGTH
from pipeline.distances import Distances
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


def skew_thresholds(config: SkewConfig) -> str:
    """The thresholds as a Schema with skew comparators, in protobuf's text format."""
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import schema_pb2  # a configuration need not load it

    thresholds = schema_pb2.Schema()
    for name, comparator in config.comparators():
        thresholds.feature.add(name=name, skew_comparator=comparator)
    text: str = text_format.MessageToString(thresholds)
    return text


def categorical_ids() -> Any:
    """Options of TFDV's statistics that count movie ids as categories, not as numbers."""
    import tensorflow_data_validation as tfdv  # takes seconds, which a configuration must not
    from tensorflow_metadata.proto.v0 import schema_pb2

    schema = schema_pb2.Schema()
    movie_id = schema.feature.add(name=features.MOVIE_ID, type=schema_pb2.INT)
    movie_id.int_domain.is_categorical = True
    return tfdv.StatsOptions(schema=schema)

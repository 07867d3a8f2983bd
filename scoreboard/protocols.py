"""The protocols: how ratings are split and what the features may look at."""

import dataclasses
from collections.abc import Mapping
from typing import Final

from movielens.config import LEAKY_PROTOCOL, IngestConfig

LEAKY_MARK: Final = "LEAKY"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Protocol:
    """One way to judge a model."""

    name: str
    ingest: IngestConfig
    # Whether the aggregates are over all rows, test rows too, as the slides' are. This is for the
    # comparison with the slides only; no model of it outlives its measurement.
    is_leaky: bool = False
    # Whether the split itself gives labels away (`forced_rows`). If so, figures without those rows
    # are given too.
    has_forced_rows: bool = False

    @property
    def title(self) -> str:
        """The name for people; says LEAKY if the protocol is."""
        return f"{self.name} ({LEAKY_MARK})" if self.is_leaky else self.name


_REFERENCE: Final = IngestConfig(split="reference")
PROTOCOLS: Final[Mapping[str, Protocol]] = {
    protocol.name: protocol
    for protocol in (
        Protocol(name="temporal", ingest=IngestConfig(split="temporal")),
        Protocol(name="random", ingest=IngestConfig(split="random")),
        Protocol(name="reference", ingest=_REFERENCE, has_forced_rows=True),
        Protocol(name=LEAKY_PROTOCOL, ingest=_REFERENCE, is_leaky=True, has_forced_rows=True),
    )
}

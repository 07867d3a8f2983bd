import pytest

from movielens.config import IngestConfig
from scoreboard.protocols import PROTOCOLS


def test_the_leaky_protocol_is_marked_and_the_only_one() -> None:
    leaky = [protocol for protocol in PROTOCOLS.values() if protocol.is_leaky]
    assert [protocol.title for protocol in leaky] == ["reference-leaky (LEAKY)"]


def test_the_pipeline_knows_no_leaky_split_so_that_it_can_push_no_leaky_model() -> None:
    with pytest.raises(ValueError, match="'reference-leaky'"):
        IngestConfig(split="reference-leaky")  # type: ignore[arg-type]

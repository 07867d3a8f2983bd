"""Which folders a range of spans comes to."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tfx.proto import range_config_pb2

from components.movielens_example_gen.component import MovieLensExampleGen
from components.movielens_example_gen.driver import (
    FOLDERS_KEY,
    Driver,
    last_spans,
    spans,
)
from movielens.config import IngestConfig
from movielens.errors import MissingSpanError


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    """Spans 2, 3 and 5; the last in two versions."""
    for name in ("span-2/v-1", "span-3/v-1", "span-5/v-1", "span-5/v-2"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "ratings.csv").write_text(name, encoding="utf-8")
        (tmp_path / name / "movies.csv").write_text("1,A,War", encoding="utf-8")
    return tmp_path


def resolve(base: Path, asked: range_config_pb2.RangeConfig | None) -> dict[str, Any]:
    component = MovieLensExampleGen(
        f"{base}/span-{{SPAN}}/v-{{VERSION}}", config=IngestConfig(), range_config=asked
    )
    resolved: dict[str, Any] = Driver(None).resolve_exec_properties(
        dict(component.exec_properties), None, None
    )
    return resolved


@pytest.mark.parametrize(
    ("asked", "folders"),
    [
        (None, ["span-5/v-2"]),
        (last_spans(1), ["span-5/v-2"]),
        (last_spans(3), ["span-3/v-1", "span-5/v-2"]),
        (last_spans(9), ["span-2/v-1", "span-3/v-1", "span-5/v-2"]),
        (spans(3, 3), ["span-3/v-1"]),
        (spans(1, 3), ["span-2/v-1", "span-3/v-1"]),
    ],
)
def test_a_range_is_those_of_its_spans_that_are_there(
    delivered: Path, asked: range_config_pb2.RangeConfig | None, folders: list[str]
) -> None:
    resolved = resolve(delivered, asked)
    assert json.loads(resolved[FOLDERS_KEY]) == [f"{delivered}/{name}" for name in folders]
    assert resolved["span"] == int(folders[-1][5])


def test_the_last_span_of_the_range_must_be_there(delivered: Path) -> None:
    with pytest.raises(MissingSpanError, match=r"matches no file of span 4: .*--span N"):
        resolve(delivered, spans(2, 4))


def test_a_file_of_any_span_in_the_window_changes_the_fingerprint(delivered: Path) -> None:
    before = resolve(delivered, last_spans(3))["input_fingerprint"]
    (delivered / "span-2/v-1/ratings.csv").write_text("outside", encoding="utf-8")
    assert resolve(delivered, last_spans(3))["input_fingerprint"] == before
    (delivered / "span-3/v-1/ratings.csv").write_text("within it", encoding="utf-8")
    assert resolve(delivered, last_spans(3))["input_fingerprint"] != before


def test_what_is_in_a_file_counts_and_not_when_it_was_written(delivered: Path) -> None:
    """Copies keep the time of a file, and a change of stars keeps its size."""
    ratings = delivered / "span-5/v-2/ratings.csv"
    status, text = ratings.stat(), ratings.read_text("utf-8")
    before = resolve(delivered, None)["input_fingerprint"]
    os.utime(ratings, ns=(0, 0))
    (delivered / "span-5/v-2/README.txt").write_text("read by nobody", encoding="utf-8")
    assert resolve(delivered, None)["input_fingerprint"] == before
    ratings.write_text(text.replace("5", "4"), encoding="utf-8")
    os.utime(ratings, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert ratings.stat().st_size == status.st_size
    assert resolve(delivered, None)["input_fingerprint"] != before


def test_no_span_at_all_is_told_with_the_pattern(tmp_path: Path) -> None:
    with pytest.raises(MissingSpanError, match=r"span-\{SPAN\}/v-\{VERSION\}/\* matches no file: "):
        resolve(tmp_path, None)

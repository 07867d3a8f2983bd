import os
import re
from pathlib import Path

import pytest

from components.serving_log_gen.driver import (
    MissingServingLogError,
    files_fingerprint,
    find_files,
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The folder of a log of two files, one that is still written, and something else."""
    for name in ("r-2.tfrecord", "r-1.tfrecord", "r-3.tfrecord.open", "notes.txt", "q-1.tfrecord"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def test_a_prefix_finds_its_finished_files_by_name(log: Path) -> None:
    assert [path.name for path in find_files(f"{log}/r")] == ["r-1.tfrecord", "r-2.tfrecord"]


def test_a_pattern_may_find_more_but_never_a_file_that_is_written(log: Path) -> None:
    found = [path.name for path in find_files(f"{log}/[qr]-*")]
    assert found == ["q-1.tfrecord", "r-1.tfrecord", "r-2.tfrecord"]


def test_where_nothing_is_the_pattern_and_the_remedy_are_told(log: Path) -> None:
    message = rf"matches {re.escape(str(log))}/nothing\*\.tfrecord\. Set skew\.serving_log"
    with pytest.raises(MissingServingLogError, match=message):
        find_files(f"{log}/nothing")


def test_other_files_or_contents_are_another_fingerprint(log: Path) -> None:
    files = find_files(f"{log}/r")
    first = files_fingerprint(files)
    os.utime(files[0], ns=(1, 1))
    assert files_fingerprint(find_files(f"{log}/r-*.tfrecord")) == first
    fewer = files_fingerprint(files[:1])
    content = files[0].read_bytes()
    files[0].write_bytes(b"?" * len(content))
    os.utime(files[0], ns=(1, 1))
    assert len({first, fewer, files_fingerprint(files)}) == 3

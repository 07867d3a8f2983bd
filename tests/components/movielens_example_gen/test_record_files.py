from collections.abc import Iterator
from pathlib import Path

import pytest
import tensorflow as tf

from components.movielens_example_gen.record_files import write_records


def test_records_are_written_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "split" / "data.gz"
    assert write_records(str(path), str(tmp_path / "scratch"), [[b"a", b"b"], [], [b"c\x00"]]) == 3
    dataset = tf.data.TFRecordDataset(str(path), compression_type="GZIP")
    assert list(dataset.as_numpy_iterator()) == [b"a", b"b", b"c\x00"]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_failure_leaves_nothing_where_readers_look(tmp_path: Path) -> None:
    def batches() -> Iterator[list[bytes]]:
        yield [b"a"]
        raise OSError("disk full")

    path = tmp_path / "split" / "data.gz"
    with pytest.raises(OSError, match="disk full"):
        write_records(str(path), str(tmp_path / "scratch"), batches())
    assert not path.parent.exists()

"""TFRecord files that are either whole or not there."""

import uuid
from collections.abc import Iterable
from typing import Final

import tensorflow as tf

# Neighbouring rows of a user have nearly the same history, so that the cheapest level already
# compresses them to a fifteenth. Higher levels cost more time than the disk space is worth.
_OPTIONS: Final = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)


def record_file_name(shard: int, shards: int) -> str:
    """Returns the name that TFX gives to a file of a split.

    >>> record_file_name(3, 12)
    'data_tfrecord-00003-of-00012.gz'
    """
    return f"data_tfrecord-{shard:05d}-of-{shards:05d}.gz"


def write_records(path: str, scratch: str, batches: Iterable[list[bytes]]) -> int:
    """Writes records to a gzipped TFRecord file, and returns how many there were.

    The file is written in `scratch`, a folder on the same file system, and renamed, so that a
    worker that dies never leaves a partial file at `path`.
    """
    tf.io.gfile.makedirs(scratch)
    partial = tf.io.gfile.join(scratch, uuid.uuid4().hex)
    written = 0
    with tf.io.TFRecordWriter(partial, _OPTIONS) as writer:
        for batch in batches:
            for record in batch:
                writer.write(record)
            written += len(batch)
    tf.io.gfile.makedirs(path.rpartition("/")[0])
    tf.io.gfile.rename(partial, path, overwrite=True)
    return written

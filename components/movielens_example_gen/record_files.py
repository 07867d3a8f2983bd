"""TFRecord files that are either whole or not there."""

import uuid
from collections.abc import Iterable
from typing import Final

import tensorflow as tf

# Histories of a user's neighbouring rows are nearly the same, so that the cheapest level already
# makes a fifteenth of them; the levels above cost more time than the disk they save.
_OPTIONS: Final = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)


def record_file_name(shard: int, shards: int) -> str:
    """Returns the name that TFX gives to a file of a split.

    >>> record_file_name(3, 12)
    'data_tfrecord-00003-of-00012.gz'
    """
    return f"data_tfrecord-{shard:05d}-of-{shards:05d}.gz"


def write_records(path: str, scratch: str, batches: Iterable[list[bytes]]) -> int:
    """Writes records to a gzipped TFRecord file.

    The file is written in `scratch` and renamed, so that a worker that dies, or a second attempt
    beside the first, never leaves a partial file where readers look.

    Args:
        path: the file; replaced where it exists.
        scratch: a folder on the same file system that no reader looks into.
        batches: the records.

    Returns:
        How many records were written.
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

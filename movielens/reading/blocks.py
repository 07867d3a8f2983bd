"""Cutting a text file into ranges of whole lines that can be read in parallel."""

from collections.abc import Iterator
from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True)
class Block:
    """A range of whole lines of a file."""

    path: str
    start: int  # the offset of the first byte
    end: int  # the offset after the last byte
    first_line: int  # the number, from 1, of the first line

    def read(self) -> bytes:
        """Returns the block's bytes."""
        with tf.io.gfile.GFile(self.path, "rb") as file:
            file.seek(self.start)
            data: bytes = file.read(self.end - self.start)
        return data


def cut_into_blocks(path: str, block_bytes: int) -> Iterator[Block]:
    """Yields blocks that cover a file, in order; only the last may end without a line end.

    They have about `block_bytes`; a longer line makes a longer block.
    """
    start = position = 0
    first_line = 1
    with tf.io.gfile.GFile(path, "rb") as file:
        while chunk := file.read(block_bytes):
            last_line_end = chunk.rfind(b"\n")
            if last_line_end >= 0:
                end = position + last_line_end + 1
                yield Block(path, start, end, first_line)
                first_line += chunk.count(b"\n")
                start = end
            position += len(chunk)
    if start < position:
        yield Block(path, start, position, first_line)

"""Reads and writes TFRecord files (tensorflow/core/lib/io/record_reader.h), checksums included.

A record is: length (uint64), masked CRC-32C of the length, the bytes, masked CRC-32C of the bytes;
all little-endian.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import google_crc32c

from serving.errors import CorruptRecordsError

_MASK_DELTA: Final = 0xA282EAD8
_HEADER: Final = struct.Struct("<QI")
_LENGTH: Final = struct.Struct("<Q")
_FOOTER: Final = struct.Struct("<I")


def masked_crc32c(content: bytes) -> int:
    """The checksum that TFRecord stores: CRC-32C (RFC 3720), rotated by 15 bits, plus a constant.

    >>> masked_crc32c(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) % 2**32
    True
    """
    checksum: int = google_crc32c.value(content)
    return ((checksum >> 15 | checksum << 17) + _MASK_DELTA) & 0xFFFFFFFF


def encode_record(content: bytes) -> bytes:
    """The bytes of a record in a TFRecord file: 16 more than its own."""
    length = _LENGTH.pack(len(content))
    checksum = _FOOTER.pack(masked_crc32c(length))
    return b"".join([length, checksum, content, _FOOTER.pack(masked_crc32c(content))])


def read_records(path: Path) -> Iterator[bytes]:
    """Yields the records of an uncompressed TFRecord file; a CorruptRecordsError if it is cut."""
    with path.open("rb") as file:
        while header := file.read(_HEADER.size):
            yield _read_record(file, header, path)


def _read_record(file: BinaryIO, header: bytes, path: Path) -> bytes:
    start = file.tell() - len(header)
    if len(header) < _HEADER.size or _HEADER.unpack(header)[1] != masked_crc32c(header[:8]):
        raise CorruptRecordsError(f"corrupted record at {start} of {path}")
    content = file.read(_HEADER.unpack(header)[0])
    footer = file.read(_FOOTER.size)
    if len(footer) < _FOOTER.size or _FOOTER.unpack(footer)[0] != masked_crc32c(content):
        raise CorruptRecordsError(f"corrupted record at {start} of {path}")
    return content

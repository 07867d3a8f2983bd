"""Reads TFRecord files (tensorflow/core/lib/io/record_reader.h), checksums included.

A record is: length (uint64), masked CRC-32C of the length, the bytes, masked CRC-32C of the bytes;
all little-endian.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import grpc

from serving.server.status import StatusError

_CASTAGNOLI: Final = 0x82F63B78  # the reflected polynomial of CRC-32C
_MASK_DELTA: Final = 0xA282EAD8
_HEADER: Final = struct.Struct("<QI")
_FOOTER: Final = struct.Struct("<I")


def _table() -> tuple[int, ...]:
    remainders = []
    for byte in range(256):
        remainder = byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (_CASTAGNOLI if remainder & 1 else 0)
        remainders.append(remainder)
    return tuple(remainders)


_TABLE: Final = _table()


def masked_crc32c(content: bytes) -> int:
    """The checksum that TFRecord stores.

    CRC-32C (RFC 3720, appendix B.4), rotated right by 15 bits plus a constant, so that the checksum
    of bytes that hold checksums stays sound.

    >>> masked_crc32c(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) % 2**32
    True
    """
    checksum = 0xFFFFFFFF
    for byte in content:
        checksum = checksum >> 8 ^ _TABLE[(checksum ^ byte) & 0xFF]
    checksum ^= 0xFFFFFFFF
    return ((checksum >> 15 | checksum << 17) + _MASK_DELTA) & 0xFFFFFFFF


def read_records(path: Path) -> Iterator[bytes]:
    """Yields the records of an uncompressed TFRecord file.

    Raises:
        StatusError: DATA_LOSS where the file is cut, corrupt or no TFRecord.
    """
    with path.open("rb") as file:
        while header := file.read(_HEADER.size):
            yield _read_record(file, header, path)


def _read_record(file: BinaryIO, header: bytes, path: Path) -> bytes:
    start = file.tell() - len(header)
    if len(header) < _HEADER.size or _HEADER.unpack(header)[1] != masked_crc32c(header[:8]):
        raise _data_loss(path, start)
    content = file.read(_HEADER.unpack(header)[0])
    footer = file.read(_FOOTER.size)
    if len(footer) < _FOOTER.size or _FOOTER.unpack(footer)[0] != masked_crc32c(content):
        raise _data_loss(path, start)
    return content


def _data_loss(path: Path, start: int) -> StatusError:
    return StatusError(
        grpc.StatusCode.DATA_LOSS,
        f"corrupted record at {start} of {path}. Please verify your warmup data is in TFRecord "
        "format.",
    )

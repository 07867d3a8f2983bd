import struct
from pathlib import Path

import pytest

from serving.errors import CorruptRecordsError
from serving.protos import prediction_log_pb2
from serving.tfrecord import encode_record, masked_crc32c, read_records


def record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return b"".join(
        [
            *(length, struct.pack("<I", masked_crc32c(length))),
            *(content, struct.pack("<I", masked_crc32c(content))),
        ]
    )


def test_checksum_is_crc_32c_rotated_and_shifted() -> None:
    # RFC 3720, B.4: 32 zero bytes have the CRC-32C 0x8A9136AA; that is 0x6D551522 rotated.
    assert masked_crc32c(bytes(32)) == (0x6D551522 + 0xA282EAD8) % 2**32


def test_file_of_tensorflow_is_read(saved_models: Path) -> None:
    logs = [
        prediction_log_pb2.PredictionLog.FromString(content)
        for content in read_records(saved_models / "warmup.tfrecord")
    ]
    texts = [log.predict_log.request.inputs["text"].string_val[0].decode() for log in logs]
    assert texts == ["Amélie", "x" * 300]


def test_empty_file_has_no_records(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"")
    assert list(read_records(tmp_path / "f")) == []


def test_empty_record_is_a_record(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(record(b"") + record(b"two"))
    assert list(read_records(tmp_path / "f")) == [b"", b"two"]


@pytest.mark.parametrize(
    "content",
    [
        b"movieId,title,genres\n",
        b"short",
        record(b"cut")[:-1],
        record(b"cut")[:-5],
        record(b"flipped").replace(b"flip", b"slip"),
    ],
    ids=["text", "too short for a header", "footer cut", "content cut", "content changed"],
)
def test_anything_else_is_refused_with_its_place(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f").write_bytes(record(b"sound") + content)
    records = read_records(tmp_path / "f")
    assert next(records) == b"sound"
    with pytest.raises(CorruptRecordsError, match="corrupted record at 21 of "):
        next(records)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(encode_record(b"one") + encode_record(b""))
    assert list(read_records(tmp_path / "f")) == [b"one", b""]

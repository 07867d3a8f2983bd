from pathlib import Path

import pytest

from movielens.reading.blocks import cut_into_blocks


@pytest.mark.parametrize("block_bytes", [1, 3, 4, 5, 7, 100])
@pytest.mark.parametrize("text", [b"a\nbb\n\ncccc\ndd\n", b"a\nbb\ncut", b"no line end", b"\n"])
def test_blocks_cover_the_file_with_whole_lines(
    tmp_path: Path, text: bytes, block_bytes: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(text)
    blocks = list(cut_into_blocks(str(path), block_bytes))
    parts = [block.read() for block in blocks]
    assert b"".join(parts) == text
    assert all(part.endswith(b"\n") for part in parts[:-1])
    for index, block in enumerate(blocks):
        assert block.first_line == 1 + b"".join(parts[:index]).count(b"\n")


def test_empty_file_has_no_blocks(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert list(cut_into_blocks(str(tmp_path / "file"), 10)) == []

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from movielens.datasets.download import check_md5, download, fetch_small
from movielens.errors import DownloadError, IngestConfigError
from tests.movielens.archive_server import ArchiveServer, serve_archives

BODY = bytes(range(256)) * 40


@pytest.fixture
def server() -> Iterator[ArchiveServer]:
    with serve_archives() as served:
        served.files["/data.zip"] = BODY
        yield served


def ignore(received: int, total: int | None) -> None:
    """Takes progress and does nothing with it."""


def test_file_arrives_whole_and_progress_adds_up(server: ArchiveServer, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    download(f"{server.url}/data.zip", tmp_path / "a", lambda *step: seen.append(step))
    assert (tmp_path / "a").read_bytes() == BODY
    assert sum(received for received, _ in seen) == len(BODY)
    assert {total for _, total in seen} == {len(BODY)}


def test_broken_download_keeps_what_came_and_goes_on_from_there(
    server: ArchiveServer, tmp_path: Path
) -> None:
    server.cut_after = 1000
    with pytest.raises(DownloadError, match=r"after 1000 of 10240 bytes.*Run the same command"):
        download(f"{server.url}/data.zip", tmp_path / "a", ignore)
    server.cut_after = None
    download(f"{server.url}/data.zip", tmp_path / "a", ignore)
    assert server.ranges == [None, "bytes=1000-"]
    assert (tmp_path / "a").read_bytes() == BODY


def test_server_without_ranges_sends_all_again(server: ArchiveServer, tmp_path: Path) -> None:
    server.does_ranges = False
    (tmp_path / "a").write_bytes(b"begun")
    download(f"{server.url}/data.zip", tmp_path / "a", ignore)
    assert (tmp_path / "a").read_bytes() == BODY


def test_complete_download_is_not_repeated(server: ArchiveServer, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(BODY)
    download(f"{server.url}/data.zip", tmp_path / "a", ignore)
    assert server.ranges == [f"bytes={len(BODY)}-"]
    assert (tmp_path / "a").read_bytes() == BODY


def test_longer_file_than_the_servers_is_begun_anew(server: ArchiveServer, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(BODY + b"of another version")
    download(f"{server.url}/data.zip", tmp_path / "a", ignore)
    assert (tmp_path / "a").read_bytes() == BODY


def test_missing_file_is_told_with_the_servers_answer(
    server: ArchiveServer, tmp_path: Path
) -> None:
    with pytest.raises(DownloadError, match=r"/none\.zip: the server answered 404 Not Found"):
        download(f"{server.url}/none.zip", tmp_path / "a", ignore)


def test_small_file_that_is_not_there_is_none(server: ArchiveServer) -> None:
    assert fetch_small(f"{server.url}/data.zip") == BODY
    assert fetch_small(f"{server.url}/data.zip.md5") is None


def test_unreachable_server_is_told(tmp_path: Path) -> None:
    with serve_archives() as stopped:
        url = stopped.url
    with pytest.raises(DownloadError, match=r"cannot be downloaded: .*refused"):
        download(f"{url}/data.zip", tmp_path / "a", ignore)
    with pytest.raises(DownloadError, match=r"cannot be fetched: .*refused"):
        fetch_small(f"{url}/data.zip.md5")


def test_local_files_are_not_read_as_urls(tmp_path: Path) -> None:
    with pytest.raises(IngestConfigError, match="Received: file:///etc/hostname"):
        download("file:///etc/hostname", tmp_path / "a", ignore)


@pytest.mark.parametrize("form", ["{}  data.zip\n", "MD5 (data.zip) = {}\n", "{}"])
def test_published_checksum_is_read_in_every_form(tmp_path: Path, form: str) -> None:
    path = tmp_path / "data.zip"
    path.write_bytes(BODY)
    check_md5(path, form.format(hashlib.md5(BODY, usedforsecurity=False).hexdigest()))


def test_damaged_download_is_deleted(tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    path.write_bytes(BODY)
    with pytest.raises(DownloadError, match=f"but {'0' * 32} is published: it is damaged"):
        check_md5(path, "0" * 32)
    assert not path.exists()


def test_checksum_file_without_a_checksum_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.zip").write_bytes(BODY)
    with pytest.raises(DownloadError, match="holds no MD5: '<html>'"):
        check_md5(tmp_path / "data.zip", "<html>")

import hashlib
import io
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from movielens.datasets.published import fetch_archive, licence_of, unpack
from movielens.errors import (
    DownloadError,
    IngestConfigError,
    OutputExistsError,
)
from tests.movielens.archive_server import ArchiveServer, serve_archives

README = """Summary
=======

Some data.

Usage License
=============

Research only.
Acknowledge us.

Citation
========
Harper and Konstan
"""
FILES = {
    "ml-25m/README.txt": README,
    "ml-25m/ratings.csv": "userId,movieId,rating,timestamp\n1,1,5.0,1\n",
    "ml-25m/movies.csv": "movieId,title,genres\n1,Toy Story (1995),Comedy\n",
}


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("ml-25m/", "")
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def ignore(received: int, total: int | None) -> None:
    """Takes progress and does nothing with it."""


@pytest.fixture
def server() -> Iterator[ArchiveServer]:
    with serve_archives() as served:
        body = zipped(FILES)
        served.files["/ml-25m.zip"] = body
        digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
        served.files["/ml-25m.zip.md5"] = f"MD5 (ml-25m.zip) = {digest}\n".encode()
        yield served


def test_archive_is_fetched_verified_and_unpacked(server: ArchiveServer, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "ml-25m"
    fetched = fetch_archive("ml-25m", folder, ignore, server.url)
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.txt",
        "movies.csv",
        "ratings.csv",
    ]
    assert fetched.is_verified
    assert fetched.licence == "Usage License\n=============\n\nResearch only.\nAcknowledge us."
    assert [path.name for path in folder.parent.iterdir()] == ["ml-25m"]


def test_archive_without_a_published_checksum_is_not_called_verified(
    server: ArchiveServer, tmp_path: Path
) -> None:
    del server.files["/ml-25m.zip.md5"]
    assert not fetch_archive("ml-25m", tmp_path / "a", ignore, server.url).is_verified


def test_wrong_checksum_leaves_nothing(server: ArchiveServer, tmp_path: Path) -> None:
    server.files["/ml-25m.zip.md5"] = b"0" * 32
    with pytest.raises(DownloadError, match="it is damaged and was deleted"):
        fetch_archive("ml-25m", tmp_path / "a", ignore, server.url)
    assert list(tmp_path.iterdir()) == []


def test_broken_download_goes_on(server: ArchiveServer, tmp_path: Path) -> None:
    server.cut_after = 300
    with pytest.raises(DownloadError, match="Run the same command again to go on"):
        fetch_archive("ml-25m", tmp_path / "a", ignore, server.url)
    assert not (tmp_path / "a").exists()
    server.cut_after = None
    assert fetch_archive("ml-25m", tmp_path / "a", ignore, server.url).is_verified
    assert "bytes=300-" in server.ranges


def test_what_is_no_zip_file_is_deleted(server: ArchiveServer, tmp_path: Path) -> None:
    server.files = {"/ml-25m.zip": b"<html>blocked</html>"}
    with pytest.raises(DownloadError, match=r"is no sound zip file .*it was deleted"):
        fetch_archive("ml-25m", tmp_path / "a", ignore, server.url)
    assert list(tmp_path.iterdir()) == []


def test_damaged_member_is_found(tmp_path: Path) -> None:
    body = zipped(FILES).replace(b"Toy Story", b"Boy Story", 1)
    (tmp_path / "a.zip").write_bytes(body)
    with pytest.raises(DownloadError, match=r"is no sound zip file \(Bad CRC-32"):
        unpack(tmp_path / "a.zip", tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["../evil.txt", "ml-25m/../../evil.txt", "/evil.txt", "ml-25m/..\\evil.txt", "c:/evil"]
)
def test_archive_that_leads_outside_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({**FILES, name: "evil"}))
    with pytest.raises(DownloadError, match="leads outside its folder"):
        unpack(tmp_path / "a.zip", tmp_path / "inner" / "a")
    assert not list(tmp_path.rglob("evil*"))
    assert not (tmp_path / "inner" / "a").exists()


def test_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("ml-25m/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc")
    with pytest.raises(DownloadError, match="'ml-25m/link', which leads outside"):
        unpack(tmp_path / "a.zip", tmp_path / "a")


def test_archive_too_large_for_the_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(FILES))
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr("movielens.datasets.published.shutil.disk_usage", lambda _: usage)
    with pytest.raises(DownloadError, match=r"Unpacking needs .* MB"):
        unpack(tmp_path / "a.zip", tmp_path / "a")


def test_unknown_archive_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(IngestConfigError, match=r"one of ml-32m, .*Received: ml-7m"):
        fetch_archive("ml-7m", tmp_path / "a", ignore)


def test_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputExistsError, match="is there and not empty"):
        fetch_archive("ml-25m", tmp_path, ignore)


def test_readme_without_a_licence_points_to_it(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("Nothing\n=======\n", encoding="utf-8")
    assert "grouplens.org" in licence_of(tmp_path)

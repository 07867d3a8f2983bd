"""The archives that GroupLens publishes: fetched, checked and unpacked, with their licence."""

import re
import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from movielens.datasets.download import OnProgress, check_md5, download, fetch_small
from movielens.errors import DownloadError, IngestConfigError, OutputExistsError

BASE_URL: Final = "https://files.grouplens.org/datasets/movielens"
ARCHIVES: Final = (
    *("ml-32m", "ml-25m", "ml-20m", "ml-10m", "ml-1m", "ml-100k"),
    *("ml-latest", "ml-latest-small"),
)


class Fetched(NamedTuple):
    """What `fetch_archive` made."""

    folder: Path  # holds the archive's files
    is_verified: bool  # whether a checksum is published; if so, it matched
    licence: str  # the part of the archive's README on what its data may be used for


def fetch_archive(
    name: str, folder: Path, on_progress: OnProgress, base_url: str = BASE_URL
) -> Fetched:
    """Downloads one of `ARCHIVES` and unpacks it.

    The download is kept beside the folder until it is unpacked, so that an interrupted one can
    continue. The folder, which must be empty or not exist, appears with all its files.
    """
    if name not in ARCHIVES:
        raise IngestConfigError(f"name should be one of {', '.join(ARCHIVES)}. Received: {name}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputExistsError(
            f"{folder} is there and not empty. Give another folder, or remove it first."
        )
    url = f"{base_url.rstrip('/')}/{name}.zip"
    archive = folder.parent / f".{name}.zip.part"
    download(url, archive, on_progress)
    checksum = fetch_small(f"{url}.md5")
    if checksum is not None:
        check_md5(archive, checksum.decode("ascii", errors="replace"))
    unpack(archive, folder)
    archive.unlink()
    return Fetched(folder, checksum is not None, licence_of(folder))


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks the files of an archive's only top folder into a folder that is empty or missing.

    Nothing is written outside `folder`, whatever the archive says, and `folder` appears at once
    with all files. A damaged archive is deleted, so that no download continues it.
    """
    partial = folder.parent / f".{folder.name}.unpacking"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            targets = [partial / _inner_path(member) for member in members]
            _check_space(folder.parent, sum(member.file_size for member in members))
            for member, target in zip(members, targets, strict=True):
                target.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as packed, target.open("wb") as file:
                    shutil.copyfileobj(packed, file)
    except zipfile.BadZipFile as error:
        archive.unlink()
        raise DownloadError(
            f"{archive} is no sound zip file ({error}); it was deleted. Run the same command again."
        ) from error
    else:
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def licence_of(folder: Path) -> str:
    """Returns the section "Usage License" of a folder's README, or where to find the licence."""
    for readme in sorted(folder.glob("README*")):
        text = readme.read_text("utf-8", errors="replace")
        # A heading is underlined by = or -, as in all the READMEs.
        for section in re.split(r"\n(?=.*\S.*\n[=-]{3,}\s*(?:\n|$))", text):
            if "usage license" in section.partition("\n")[0].lower():
                return section.strip()
    return "See https://grouplens.org/datasets/movielens/ for what the data may be used for."


def _inner_path(member: zipfile.ZipInfo) -> PurePosixPath:
    """Returns a member's path below the archive's top folder; refuses one that leads elsewhere."""
    path = PurePosixPath(member.filename)
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    is_outside = path.is_absolute() or ".." in path.parts or "\\" in member.filename
    if is_link or is_outside or ":" in path.parts[0]:
        raise DownloadError(
            f"The archive holds {member.filename!r}, which leads outside its folder. Not unpacked."
        )
    return PurePosixPath(*path.parts[1:]) if len(path.parts) > 1 else path


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DownloadError(
            f"Unpacking needs {needed / 1e6:,.0f} MB in {folder}, which has {free / 1e6:,.0f} MB "
            "left. Free some, and run the same command again."
        )

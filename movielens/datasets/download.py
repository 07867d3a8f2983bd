"""Downloading a file over HTTP so that an interrupted download continues where it stopped."""

import hashlib
import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final

from movielens.errors import DownloadError, IngestConfigError

_CHUNK_BYTES: Final = 1 << 20
_TIMEOUT_SECONDS: Final = 60.0
_NOT_FOUND: Final = 404
_PARTIAL_CONTENT: Final = 206
_RANGE_NOT_SATISFIABLE: Final = 416

# Failures of a network. A full disk is an OSError too, and no reason to try again.
_BROKEN: Final = (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException)

OnProgress = Callable[[int, int | None], None]


def fetch_small(url: str) -> bytes | None:
    """Returns the bytes of a small file, or None if the server has no such file."""
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
            data: bytes = response.read(_CHUNK_BYTES)
    except urllib.error.HTTPError as error:
        if error.code == _NOT_FOUND:
            return None
        raise _refused(url, error) from error
    except _BROKEN as error:
        raise DownloadError(f"{url} cannot be fetched: {_reason(error)}.") from error
    return data


def download(url: str, path: Path, on_progress: OnProgress) -> None:
    """Downloads a file over http or https, continuing after the bytes that `path` holds already.

    After a failure `path` keeps what has come so far. `on_progress` is called with the bytes of
    each piece and the file's size, None if unknown.
    """
    if not url.startswith(("https://", "http://")):  # `file:` reads local files
        raise IngestConfigError(f"The URL should start with https:// or http://. Received: {url}")
    path.parent.mkdir(parents=True, exist_ok=True)
    done = path.stat().st_size if path.exists() else 0
    request = urllib.request.Request(url)  # noqa: S310 - checked above
    if done:
        request.add_header("Range", f"bytes={done}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
            _receive(response, path, done, on_progress)
    except urllib.error.HTTPError as error:
        if error.code != _RANGE_NOT_SATISFIABLE:
            raise _refused(url, error) from error
        if error.headers.get("Content-Range") == f"bytes */{done}":
            return  # the file is complete
        path.unlink()
        download(url, path, on_progress)
    except _BROKEN as error:
        raise DownloadError(
            f"{url} cannot be downloaded: {_reason(error)}. Run the same command again to go on."
        ) from error


def check_md5(path: Path, published: str) -> None:
    """Compares a file with its published checksum; if they differ, deletes it and raises.

    `published` is the text of the `.md5` file, which holds the 32 digits somewhere. MD5 finds
    damage, not malice.
    """
    found = re.search(r"\b[0-9a-fA-F]{32}\b", published)
    if found is None:
        raise DownloadError(f"The published checksum holds no MD5: {published[:80]!r}.")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if digest != found[0].lower():
        path.unlink()
        raise DownloadError(
            f"The download has MD5 {digest}, but {found[0].lower()} is published: "
            "it is damaged and was deleted. Run the same command again."
        )


def _receive(
    response: http.client.HTTPResponse, path: Path, done: int, on_progress: OnProgress
) -> None:
    is_continued = response.status == _PARTIAL_CONTENT
    if is_continued and not response.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
        raise http.client.HTTPException(
            f"the server sent {response.headers.get('Content-Range')!r} for bytes from {done} on"
        )
    if not is_continued:
        done = 0  # the server does not support ranges, and sends all
    length = response.headers.get("Content-Length")
    total = done + int(length) if length else None
    if done:
        on_progress(done, total)
    with path.open("ab" if is_continued else "wb") as file:
        while chunk := response.read(_CHUNK_BYTES):
            file.write(chunk)
            done += len(chunk)
            on_progress(len(chunk), total)
    if total is not None and done < total:
        raise http.client.HTTPException(f"the connection ended after {done} of {total} bytes")


def _refused(url: str, error: urllib.error.HTTPError) -> DownloadError:
    return DownloadError(f"{url}: the server answered {error.code} {error.reason}.")


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error or type(error).__name__)

"""Downloading a file over HTTP so that an interrupted download goes on where it stopped."""

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

# What a network does; a full disk is an OSError too, and no reason to try again.
_BROKEN: Final = (
    urllib.error.URLError,
    TimeoutError,
    ConnectionError,
    http.client.HTTPException,
)

OnProgress = Callable[[int, int | None], None]


def check_url(url: str) -> None:
    """Checks that a URL is one that may be fetched.

    Raises:
        IngestConfigError: it is neither http nor https (`file:` would read local files).
    """
    if not url.startswith(("https://", "http://")):
        raise IngestConfigError(f"The URL should start with https:// or http://. Received: {url}")


def fetch_small(url: str) -> bytes | None:
    """Fetches a small file.

    Returns:
        Its bytes, None where the server has no such file.

    Raises:
        DownloadError: the server cannot be reached or refuses.
    """
    check_url(url)
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - checked
            data: bytes = response.read(_CHUNK_BYTES)
    except urllib.error.HTTPError as error:
        if error.code == _NOT_FOUND:
            return None
        raise DownloadError(f"{url}: the server answered {error.code} {error.reason}.") from error
    except _BROKEN as error:
        raise DownloadError(f"{url} cannot be fetched: {_reason(error)}.") from error
    return data


def download(url: str, path: Path, on_progress: OnProgress) -> None:
    """Downloads a file, going on after the bytes that are there already.

    Args:
        url: http or https.
        path: where the bytes go; after a failure it keeps what has come so far.
        on_progress: called with the bytes of each piece and the file's size, None where unknown.

    Raises:
        DownloadError: the server cannot be reached, refuses, or the connection broke.
    """
    check_url(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    done = path.stat().st_size if path.exists() else 0
    request = urllib.request.Request(url)  # noqa: S310 - checked above
    if done:
        request.add_header("Range", f"bytes={done}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
            _receive(response, path, done, on_progress)
    except urllib.error.HTTPError as error:
        if error.code == _RANGE_NOT_SATISFIABLE and done == _total(error):
            return  # all of it was there
        if error.code == _RANGE_NOT_SATISFIABLE:
            path.unlink()
            download(url, path, on_progress)
            return
        raise DownloadError(f"{url}: the server answered {error.code} {error.reason}.") from error
    except _BROKEN as error:
        raise DownloadError(
            f"{url} cannot be downloaded: {_reason(error)}. Run the same command again to go on."
        ) from error


def check_md5(path: Path, published: str) -> None:
    """Compares a file with its published checksum.

    MD5 is what is published; it finds damage, not malice.

    Args:
        path: the file; deleted where it differs, so that the next attempt starts afresh.
        published: the text of the `.md5` file, which holds the 32 digits somewhere.

    Raises:
        DownloadError: the checksum differs, or the text holds none.
    """
    found = re.search(r"\b[0-9a-fA-F]{32}\b", published)
    if found is None:
        raise DownloadError(f"The published checksum holds no MD5: {published[:80]!r}.")
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    if digest.hexdigest() != found[0].lower():
        path.unlink()
        raise DownloadError(
            f"The download has MD5 {digest.hexdigest()}, but {found[0].lower()} is published: "
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
        done = 0  # the server does not do ranges, and sends all
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


def _total(error: urllib.error.HTTPError) -> int | None:
    """Returns the file's size that a refusal of a range tells: `bytes */1234`."""
    total = error.headers.get("Content-Range", "").rpartition("/")[2]
    return int(total) if total.isdigit() else None


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error or type(error).__name__)

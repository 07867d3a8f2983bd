"""A small file server on the loopback that does ranges, for tests of downloads."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class ArchiveServer:
    """What the server serves, and what it was asked.

    Attributes:
        files: Contents by path, such as `/ml-25m.zip`.
        cut_after: Break the connection after so many bytes of a body; None sends all.
        does_ranges: Whether a Range header is honoured.
        ranges: The Range header of each request, None where it had none.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: int | None = None
    does_ranges: bool = True
    ranges: list[str | None] = field(default_factory=list)
    url: str = ""


@contextmanager
def serve_archives() -> Iterator[ArchiveServer]:
    """Serves files from memory for as long as the block runs."""
    served = ArchiveServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = served.files.get(self.path)
            if body is None:
                self.send_error(404)
                return
            wanted = self.headers.get("Range")
            served.ranges.append(wanted)
            start = 0
            if wanted and served.does_ranges:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                if start >= len(body):
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(body)}")
                    self.end_headers()
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            self.wfile.write(body[start:][: served.cut_after])

        def log_message(self, *_: object) -> None:
            """Says nothing: the tests' output is for failures."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

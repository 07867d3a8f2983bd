"""The HTTP interface: its port, its threads, its bound on requests."""

import logging
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import grpc

from serving.errors import ServerStartError
from serving.server.options import ServerOptions
from serving.server.predict import Inference
from serving.server.rest.api import Reply, RestApi, failed
from serving.server.status import StatusError
from serving.server.text_configs import new_message, read_text_config

_DEFAULT_METRICS_PATH: Final = "/monitoring/prometheus/metrics"
_IDLE_SECONDS: Final = 60.0
_DRAIN_SECONDS: Final = 30.0
_API_PREFIX: Final = "/v1/"
_NOT_FOUND: Final = Reply(
    HTTPStatus.NOT_FOUND,
    "text/html",
    "<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n",
)
_LOG: Final = logging.getLogger(__name__)


class RestServer(ThreadingHTTPServer):
    """Answers HTTP requests from `start` to `stop`."""

    allow_reuse_port = False
    request_queue_size = 128

    def __init__(self, options: ServerOptions, inference: Inference) -> None:
        """Opens the port; ServerStartError if it is taken, or for a bad monitoring file."""
        self.max_body_bytes = options.max_request_tensor_bytes
        timeout_seconds = options.rest_api_timeout_in_ms / 1000
        self._api = RestApi(inference=inference, timeout_seconds=timeout_seconds)
        self._metrics = inference.metrics
        self._metrics_path = _metrics_path(options)
        self._working = threading.BoundedSemaphore(options.rest_api_num_threads)
        self._places = options.rest_api_num_threads + options.max_queued_requests
        self._room = threading.BoundedSemaphore(self._places)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.1,), name="rest", daemon=True
        )
        port = options.rest_api_port
        try:
            super().__init__(("0.0.0.0", port), _Handler)  # noqa: S104 (as the real server)
        except OSError as error:
            raise ServerStartError(
                f"Cannot listen on port {port}: {error.strerror}. Stop what uses it, or choose "
                "another with --rest_api_port."
            ) from error

    def start(self) -> None:
        """Starts answering."""
        self._thread.start()

    def stop(self) -> None:
        """Takes no more connections, and finishes the requests in flight."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        for _ in range(self._places):
            self._room.acquire(timeout=_DRAIN_SECONDS)

    def respond(self, method: str, path: str, body: bytes) -> Reply:
        """Answers one request, once a thread is free for it."""
        if method == "GET" and path == self._metrics_path:
            return Reply(HTTPStatus.OK, "text/plain", self._metrics.exposition())
        if not path.lower().startswith(_API_PREFIX):
            return _NOT_FOUND
        if not self._room.acquire(blocking=False):
            return failed(StatusError(grpc.StatusCode.UNAVAILABLE, "Too many requests are waiting"))
        try:
            with self._working:
                return self._api.respond(method, path, body)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Logs a broken connection; its client is gone."""
        _LOG.info("HTTP connection of %s ended early", client_address, exc_info=True)


def _metrics_path(options: ServerOptions) -> str | None:
    """Where Prometheus asks, by `--monitoring_config_file`; None for nowhere."""
    file = options.monitoring_config_file
    if file is None:
        return None
    config = read_text_config(file, new_message("MonitoringConfig"), "monitoring_config_file")
    prometheus = config.prometheus_config
    return (prometheus.path or _DEFAULT_METRICS_PATH) if prometheus.enable else None


class _Handler(BaseHTTPRequestHandler):
    server: RestServer
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    # Headers and body leave in one packet; the second of two would wait for an acknowledgement.
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's name)
        _LOG.debug(format, *args)

    def do_GET(self) -> None:
        length = self.headers.get("Content-Length", "0")
        limit = self.server.max_body_bytes
        if not length.isdecimal() or "Transfer-Encoding" in self.headers:
            self._send(Reply(HTTPStatus.LENGTH_REQUIRED, "text/plain", "Send a Content-Length\n"))
            self.close_connection = True
        elif int(length) > limit:
            text = f"A body may have {limit} bytes (--max_request_tensor_bytes)\n"
            self._send(Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "text/plain", text))
            self.close_connection = True
        else:
            body = self.rfile.read(int(length))
            self._send(self.server.respond(self.command, self.path, body))

    do_POST = do_GET  # noqa: N815 (the base's name)

    def _send(self, reply: Reply) -> None:
        content = reply.body.encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

"""A stand-in for the v2beta1 API of Kubeflow Pipelines: what `movielens submit` calls."""

import email
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PREFIX = "/apis/v2beta1/"


@dataclass
class Call:
    """One request, the uploaded file taken out of its form."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    authorization: str | None


@dataclass
class KubeflowApi:
    """The server's state.

    Attributes:
        token: what a bearer has to show; None for anybody.
        multi_user: whether it has namespaces.
        refuse: answers a path with this status.
    """

    token: str | None = None
    multi_user: bool = False
    refuse: dict[str, int] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    pipelines: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    experiments: list[dict[str, Any]] = field(default_factory=list)
    recurringruns: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    endpoint: str = ""
    _made: int = 0

    def made(self, method: str, path: str) -> list[Call]:
        """The calls of one kind, in order."""
        return [call for call in self.calls if (call.method, call.path) == (method, path)]

    def answer(self, call: Call) -> tuple[int, dict[str, Any]]:
        """Does what a call asks for; returns status and JSON."""
        if self.token is not None and call.authorization != f"Bearer {self.token}":
            return 401, {"message": "Unauthenticated"}
        if call.path in self.refuse:
            return self.refuse[call.path], {"code": 3, "message": "the pipeline spec is invalid"}
        match (call.method, *call.path.split("/")):
            case ("GET", "healthz"):
                return 200, {"multi_user": self.multi_user}
            case ("GET", "pipelines" | "experiments" as kind):
                return 200, {kind: self._filtered(getattr(self, kind), call)}
            case ("GET", "pipelines", pipeline_id, "versions"):
                found = [each for each in self.versions if each["pipeline_id"] == pipeline_id]
                return 200, _page("pipeline_versions", found, call)
            case ("GET", "recurringruns"):
                wanted = call.query["experiment_id"]
                found = [each for each in self.recurringruns if each["experiment_id"] == wanted]
                return 200, _page("recurringRuns", found, call)
            case ("POST", "pipelines" | "experiments" | "recurringruns" | "runs" as kind):
                return 200, self._add(kind, call.body)
            case ("POST", "pipelines", "upload_version"):
                query = call.query
                version = {"display_name": query["name"], "pipeline_id": query["pipelineid"]}
                return 200, self._add("versions", version)
            case ("DELETE", "recurringruns", identifier):
                self.recurringruns = [
                    each for each in self.recurringruns if each["recurring_run_id"] != identifier
                ]
                return 200, {}
        return 404, {"message": f"no {call.method} {call.path}"}

    def _filtered(self, items: list[dict[str, Any]], call: Call) -> list[dict[str, Any]]:
        (predicate,) = json.loads(call.query["filter"])["predicates"]
        assert predicate["key"] == "display_name"
        return [each for each in items if each["display_name"] == predicate["stringValue"]]

    def _add(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        self._made += 1
        names = {
            "pipelines": "pipeline_id",
            "versions": "pipeline_version_id",
            "experiments": "experiment_id",
            "recurringruns": "recurring_run_id",
            "runs": "run_id",
        }
        item = {**body, names[kind]: f"{kind}-{self._made}"}
        if kind == "recurringruns":
            item["status"] = "ENABLED" if body["mode"] == "ENABLE" else "DISABLED"
        getattr(self, kind).append(item)
        return item


@contextmanager
def serve(api: KubeflowApi) -> Iterator[KubeflowApi]:
    """Serves on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            call = _read(self)
            api.calls.append(call)
            status, body = api.answer(call)
            payload = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_DELETE = _handle  # noqa: N815 - names of http.server

        def log_message(self, *_: object) -> None:
            """Keeps quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    api.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _read(request: BaseHTTPRequestHandler) -> Call:
    url = urlsplit(request.path)
    raw = request.rfile.read(int(request.headers.get("Content-Length") or 0))
    kind = request.headers.get("Content-Type") or ""
    if kind.startswith("multipart/form-data"):
        message = email.message_from_bytes(f"Content-Type: {kind}\n\n".encode() + raw)
        (part,) = message.get_payload()  # type: ignore[str-unpack]
        body: Any = part.get_payload()
    else:
        body = json.loads(raw) if raw else None
    return Call(
        method=request.command,
        path=url.path.removeprefix(PREFIX),
        query=dict(parse_qsl(url.query)),
        body=body,
        authorization=request.headers.get("Authorization"),
    )


def _page(key: str, items: list[dict[str, Any]], call: Call) -> dict[str, Any]:
    """One item a page, so that a client that reads only the first is found out."""
    start = int(call.query.get("page_token") or 0)
    more = start + 1 < len(items)
    return {key: items[start : start + 1], "next_page_token": str(start + 1) if more else ""}

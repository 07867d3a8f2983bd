"""Failures, hostile titles and the switch of a version, with a server that answers as told."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

import web
from serving.protos import prediction_service_pb2_grpc
from tests.support.canned_server import CannedService, served
from tests.web.conftest import Get, visitor
from web.security_headers import HEADERS

HOSTILE = pytest.mark.parametrize(
    "title",
    [
        pytest.param("<script>alert(1)</script>", id="script"),
        pytest.param("\"' onmouseover='alert(1)", id="quotes"),
        pytest.param("x" * 10_000, id="long"),
        pytest.param("\u202eשם <b>", id="right to left"),
        pytest.param("a\0<b>", id="NUL"),
        pytest.param("{{ 7 * 7 }}", id="template"),
    ],
)


def answers(*titles: str) -> dict[str, dict[str, Any]]:
    """Of a model with the movies 1, 2, ... of these titles."""
    ids = np.arange(1, len(titles) + 1)[None]
    scores = np.linspace(1, 0.5, len(titles), dtype=np.float32)[None]
    ratings = np.full((1, len(titles) + 1), 4, np.float32)
    movies = {"movie_ids": ids, "scores": scores, "titles": np.array([titles], object)}
    return {
        "recommend": {**movies, "tier": np.array(["<tier>"])},
        "similar": movies,
        "rate": {"rating": ratings, "liked": ratings},
        "embed": {"embeddings": scores, "similar_movie_ids": ids},
    }


@pytest.fixture
def service() -> CannedService:
    return CannedService(answers("Toy Story (1995)"))


@pytest.fixture
def get(service: CannedService) -> Iterator[Get]:
    with served(service) as target, visitor(target) as opened:
        yield opened


class Refusing(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Fails with a code, or hangs until it is released."""

    def __init__(self, code: grpc.StatusCode | None) -> None:
        self._code = code
        self.released = threading.Event()

    def Predict(self, _request: Any, context: grpc.ServicerContext) -> None:  # noqa: N802
        if self._code is None:
            self.released.wait(10)
        context.abort(self._code or grpc.StatusCode.CANCELLED, "<as told>")


@pytest.mark.parametrize("path", ["/", "/similar", "/new", "/titles?q=a"])
def test_a_server_that_is_down_is_named_with_the_way_to_start_one(path: str) -> None:
    with socket.socket() as unused:
        unused.bind(("localhost", 0))
        target = f"localhost:{unused.getsockname()[1]}"
        with visitor(target) as get:
            page = get(path)
    assert page.status_code == 503
    assert f"No model server answers at {target}" in page.text
    assert "Start one with `movielens serve`" in page.text
    assert f'href="{path}">Try again' in page.text


def test_the_page_recovers_when_the_server_is_back(service: CannedService) -> None:
    with socket.socket() as unused:
        unused.bind(("localhost", 0))
        port = unused.getsockname()[1]
    with visitor(f"localhost:{port}") as get:
        assert get("/").status_code == 503
        with served(service, port=port):
            statuses = iter(lambda: get("/").status_code, 200)
            assert set(statuses) <= {503}
        assert get("/").status_code == 503


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        (None, 504, "did not answer within 0.2 s"),
        (grpc.StatusCode.NOT_FOUND, 502, "answered NOT_FOUND for model movielens: &lt;as told&gt;"),
        (grpc.StatusCode.INTERNAL, 502, "answered INTERNAL"),
    ],
)
def test_a_failure_of_the_model_server_is_explained(
    code: grpc.StatusCode | None, status: int, message: str
) -> None:
    service = Refusing(code)
    with served(service) as target, visitor(target, timeout=0.2 if code is None else 10) as get:
        page = get("/")
        service.released.set()
    assert page.status_code == status
    assert message in page.text


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("rated=x", 400, "rated should name a movie by its MovieLens id"),
        ("movie=" + "x" * 201, 400, "movie should have at most 200 characters"),
        ("movie=a%00b", 400, "movie should have no control characters"),
        ("stars=9", 400, "stars should give stars from 0.5 to 5"),
        ("remove=<script>", 400, "Received: &#39;&lt;script&gt;&#39;"),
        ("x=" + "x" * 8000, 414, "A query has at most 8,000 characters"),
    ],
)
def test_a_question_that_cannot_be_asked_is_one_sentence(
    get: Get, query: str, status: int, message: str
) -> None:
    page = get(f"/?{query}")
    assert page.status_code == status
    assert message in page.text
    assert "Try again" not in page.text


def test_a_genre_that_the_model_does_not_know_is_refused(get: Get) -> None:
    page = get("/new", genre="Opera")
    assert page.status_code == 400
    assert "genre should be one of Animation, Comedy, Sci-Fi" in page.text


@HOSTILE
@pytest.mark.parametrize(
    "path", ["/", "/similar?movie_id=1", "/new?title=x", "/?rated=1:5&candidate=1"]
)
def test_titles_of_the_model_are_text_wherever_they_are(path: str, title: str) -> None:
    with served(CannedService(answers(title))) as target, visitor(target) as get:
        page = get(path).text
    assert page.count("<script") == 1  # the page's own
    for part in ("<b>", "<tier>", "onmouseover='", ">49<"):
        assert part not in page


@HOSTILE
def test_titles_of_the_visitor_are_text(get: Get, title: str) -> None:
    for path, name in (
        ("/", "movie"),
        ("/", "candidate"),
        ("/similar", "movie"),
        ("/new", "title"),
    ):
        page = get(path, **{name: title}).text
        assert page.count("<script") == 1
        assert "<b>" not in page
        assert "onmouseover='" not in page


def test_a_title_too_long_for_its_field_is_there_by_its_id() -> None:
    with served(CannedService(answers("x" * 201))) as target, visitor(target) as get:
        assert 'value="1" maxlength="200"' in get("/similar?movie_id=1").text
        assert get("/titles", q="x").json() == []


def test_a_switch_of_the_version_is_shown_once(get: Get, service: CannedService) -> None:
    assert "The model has changed" not in get("/").text
    service.version = 13
    notice = "The model has changed: version 13 answers now. Before, it was version 12."
    assert notice in get("/new", title="x").text
    assert "The model has changed" not in get("/").text


def test_a_new_version_brings_its_titles(get: Get, service: CannedService) -> None:
    assert get("/titles", q="toy").json() == ["Toy Story (1995)"]
    service.answers, service.version = answers("Heat (1995)"), 13
    get("/")
    assert get("/titles", q="toy").json() == []
    assert get("/titles", q="heat").json() == ["Heat (1995)"]


def test_a_version_that_the_visitor_made_up_is_not_shown(get: Get) -> None:
    page = get("/", headers={"Cookie": "model_version=<i>12"}).text
    assert "The model has changed" not in page
    assert "<i>" not in page


def test_nothing_can_be_sent(get: Get) -> None:
    page = get("/", method="POST")
    assert page.status_code == 405
    assert set(page.headers["Allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/?rated=x", "/titles", "/static/style.css", "/static/nowhere"]
)
def test_every_answer_forbids_what_the_page_does_not_need(get: Get, path: str) -> None:
    headers = get(path).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert "unsafe" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/nowhere", "/static/../application.py", "/static/nowhere"])
def test_an_unknown_address_is_a_page_too(get: Get, path: str) -> None:
    page = get(path)
    assert page.status_code == 404
    assert "<h1>Not Found</h1>" in page.text


def test_pages_name_no_other_host() -> None:
    for file in Path(web.__file__).parent.glob("*/*.*"):
        if file.suffix in (".html", ".css", ".js"):
            assert "http" not in file.read_text(), file

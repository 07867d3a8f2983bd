"""The web application: which address is answered by what, and what is shown when that fails."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from serving.client import AsyncRecommenderClient
from serving.errors import DeadlineExceededError, ServerUnavailableError, ServingError
from web.pages import Pages
from web.questions import BadQuestionError, TooLongError
from web.security_headers import SecurityHeaders

_FAILURES: Final[Sequence[tuple[type[Exception], int, str]]] = (
    (TooLongError, 414, "That is too long"),
    (BadQuestionError, 400, "That cannot be asked"),
    (ServerUnavailableError, 503, "The model server is down"),
    (DeadlineExceededError, 504, "The model server is too slow"),
    (ServingError, 502, "The model server failed"),
)
_SERVER_FAILURES: Final = 500  # and above


def create_application(client: AsyncRecommenderClient, *, genres: Sequence[str]) -> Starlette:
    """Makes the application.

    Args:
        client: Asks the model server; opened in the event loop that runs the application.
        genres: What a new movie can be, as the model knows them.
    """
    # `autoescape` keeps titles, which anybody may have written, from being read as HTML.
    environment = Environment(
        loader=PackageLoader("web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates = Jinja2Templates(env=environment)
    pages = Pages(client, templates, genres)

    def explain(request: Request, error: Exception) -> Response:
        return _explain(templates, request, error)

    return Starlette(
        # Nothing is changed here, so everything is a GET, and no body is ever read.
        routes=[
            Route("/", pages.recommendations, methods=["GET"]),
            Route("/similar", pages.similar, methods=["GET"]),
            Route("/new", pages.new_movie, methods=["GET"]),
            Route("/titles", pages.titles, methods=["GET"]),
            Mount("/static", StaticFiles(directory=Path(__file__).with_name("static"))),
        ],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers=dict.fromkeys((BadQuestionError, ServingError, HTTPException), explain),
    )


def _explain(templates: Jinja2Templates, request: Request, error: Exception) -> Response:
    """A page that says what is wrong and how to go on."""
    headers = None
    if isinstance(error, HTTPException):
        status, heading, message = error.status_code, error.detail, "Choose one of the pages above."
        headers = error.headers
    else:
        status, heading = next(
            (status, heading) for kind, status, heading in _FAILURES if isinstance(error, kind)
        )
        message = str(error)
    context = {
        "heading": heading,
        "message": message,
        "may_pass": status >= _SERVER_FAILURES,
        "history_query": "",
        "version": None,
        "version_before": None,
    }
    return templates.TemplateResponse(
        request, "error.html", context, status_code=status, headers=headers
    )

"""The pages: each reads its question, asks the model, and shows the answer."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.templating import Jinja2Templates

from serving.client import AsyncRecommenderClient, NewMovie
from web import questions
from web.choices import OFFERED, Choice
from web.titles import ServedTitles

_LISTED: Final = 10  # movies in a list
_VERSION_COOKIE: Final = "model_version"  # the version that answered this visitor last


class Pages:
    """The pages of one model.

    Args:
        client: Asks the model server.
        templates: Those of this package.
        genres: What a new movie can be.
    """

    def __init__(
        self, client: AsyncRecommenderClient, templates: Jinja2Templates, genres: Sequence[str]
    ) -> None:
        self._client = client
        self._templates = templates
        self._genres = genres
        self._titles = ServedTitles(client)

    async def recommendations(self, request: Request) -> Response:
        """Movies for a visitor who has rated some, and what they would think of one more."""
        query = questions.parse(request.url.query)
        catalogue = await self._titles.latest()
        added = Choice.read(query, "movie", catalogue)
        candidate = Choice.read(query, "candidate", catalogue)
        history = questions.without(questions.rated(query), questions.movie_id(query, "remove"))
        stars = questions.stars(query, "stars")
        if added.movie_id is not None:
            history, added = questions.with_rating(history, added.movie_id, stars), Choice()

        (answer,) = await self._client.recommend([history], k=_LISTED)
        candidate_ids = [] if candidate.movie_id is None else [candidate.movie_id]
        listed_ids = [movie.movie_id for movie in answer.movies]
        (predicted,) = await self._client.rate([history], [[*candidate_ids, *listed_ids]])
        return await self._page(
            request,
            "recommendations.html",
            history,
            answer.model_version,
            added=added,
            stars=stars,
            candidate=candidate,
            candidate_rating=predicted[0] if candidate_ids else None,
            tier=answer.tier,
            movies=list(zip(answer.movies, predicted[len(candidate_ids) :], strict=True)),
        )

    async def similar(self, request: Request) -> Response:
        """The movies most like one."""
        query = questions.parse(request.url.query)
        choice = Choice.read(query, "movie", await self._titles.latest())
        version, movies = None, None
        if choice.movie_id is not None:
            (answer,) = await self._client.similar([choice.movie_id], k=_LISTED)
            version, movies = answer.model_version, answer.movies
        history = questions.rated(query)
        return await self._page(
            request, "similar.html", history, version, choice=choice, movies=movies
        )

    async def new_movie(self, request: Request) -> Response:
        """Where the model places a movie that it has not seen."""
        query = questions.parse(request.url.query)
        title = questions.text(query, "title")
        genres = questions.options(query, "genre", self._genres)
        version, similar_ids = None, None
        if title or genres:
            (answer,) = await self._client.embed([NewMovie(title=title, genres=genres)])
            version, similar_ids = answer.model_version, answer.similar_movie_ids
        return await self._page(
            request,
            "new.html",
            questions.rated(query),
            version,
            title=title,
            genres=genres,
            known_genres=self._genres,
            similar_ids=similar_ids,
        )

    async def titles(self, request: Request) -> Response:
        """Titles that begin like `q`, for the script that completes what is typed."""
        text = questions.text(questions.parse(request.url.query), "q")
        catalogue = await self._titles.latest()
        found = catalogue.search(text, limit=OFFERED) if text else []
        fitting = [movie.title for movie in found if len(movie.title) <= questions.MAX_TEXT]
        return JSONResponse(fitting)

    async def _page(
        self,
        request: Request,
        template: str,
        history: questions.Rated,
        version: int | None,
        **content: Any,
    ) -> Response:
        """Fills a template; says so if another version answered this visitor before."""
        catalogue = await (
            self._titles.latest() if version is None else self._titles.of_version(version)
        )
        before = request.cookies.get(_VERSION_COOKIE, "")
        has_changed = version is not None and before.isdecimal() and before != str(version)
        context = {
            "history": history,
            "history_query": questions.query_of(history),
            "all_stars": questions.STARS,
            "max_text": questions.MAX_TEXT,
            "title_of": catalogue.title,
            "target": self._client.target,
            "version": version,
            "version_before": before if has_changed else None,
        }
        response = self._templates.TemplateResponse(request, template, context | content)
        if version is not None:
            response.set_cookie(_VERSION_COOKIE, str(version), httponly=True, samesite="strict")
        return response

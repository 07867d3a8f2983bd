"""The titles of the served model, asked from the model itself."""

import asyncio
from typing import Final

from serving.client import AsyncRecommenderClient
from serving.client.catalogue import Catalogue, Movie

_MAX_MOVIES: Final = 200_000


class ServedTitles:
    """The catalogue of the version that is served, most liked movies first.

    A user who has rated nothing is recommended the most liked movies. If as many are asked for as
    there are, the answer is the whole catalogue. It needs no file, so it works with every server,
    and it is of the version that answers.
    """

    def __init__(self, client: AsyncRecommenderClient) -> None:
        self._client = client
        self._catalogue: Catalogue | None = None
        self._version: int | None = None

    async def latest(self) -> Catalogue:
        """The catalogue of the version that was last seen."""
        return await self.of_version(self._version)

    async def of_version(self, version: int | None) -> Catalogue:
        """The catalogue of a version that has just answered; asked for if it is another's."""
        if self._catalogue is None or version != self._version:
            (answer,) = await self._client.recommend([()], k=_MAX_MOVIES)
            movies = [Movie(movie.movie_id, movie.title) for movie in answer.movies]
            # Tens of thousands of titles take a second, in which other visitors want answers.
            self._catalogue = await asyncio.to_thread(Catalogue, movies)
            self._version = answer.model_version
        return self._catalogue

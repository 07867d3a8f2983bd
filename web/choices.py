"""What a visitor typed into a field for a movie, and which movie it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from starlette.datastructures import QueryParams

from serving.client.catalogue import Catalogue, Movie
from web import questions

OFFERED: Final = 8  # movies to choose from


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A movie that was chosen, or what a field holds that names none yet."""

    text: str = ""
    movie_id: int | None = None
    offered: Sequence[Movie] = ()  # that the text may mean

    @classmethod
    def read(cls, query: QueryParams, name: str, catalogue: Catalogue) -> Self:
        """Reads the field `name`, which holds a title or an id, and the button `name_id`.

        The button belongs to a movie that was offered, and then the text does not matter.
        """
        text = questions.text(query, name)
        movie_id = questions.movie_id(query, f"{name}_id")
        if movie_id is not None:
            return cls(text=catalogue.title(movie_id) or str(movie_id), movie_id=movie_id)
        if not text:
            return cls()
        found = catalogue.find(text)
        if len(found) == 1:
            return cls(text=found[0].title, movie_id=found[0].movie_id)
        if not found and text.isdecimal() and catalogue.title(int(text)) is not None:
            return cls(text=text, movie_id=int(text))
        return cls(text=text, offered=found or catalogue.search(text, limit=OFFERED))

import pytest
from starlette.datastructures import QueryParams

from serving.client.catalogue import Catalogue, Movie
from web.choices import Choice

HAMLETS = [Movie(1411, "Hamlet (1996)"), Movie(3723, "Hamlet (1990)")]
CATALOGUE = Catalogue(
    [
        Movie(1, "Toy Story (1995)"),
        *HAMLETS,
        Movie(5, "300 (2007)"),
        Movie(300, "Quiz Show (1994)"),
        Movie(8, ""),
        Movie(2571, "Matrix, The (1999)"),
    ]
)


def choice(query: str) -> Choice:
    return Choice.read(QueryParams(query), "movie", CATALOGUE)


@pytest.mark.parametrize(
    ("query", "movie_id", "text"),
    [
        ("movie=the+matrix", 2571, "Matrix, The (1999)"),
        ("movie=hamlet+(1990)", 3723, "Hamlet (1990)"),
        ("movie=2571", 2571, "2571"),
        ("movie=8", 8, "8"),
        ("movie=300", 5, "300 (2007)"),  # a title before an id
        ("movie=hamlet&movie_id=1411", 1411, "Hamlet (1996)"),
        ("movie_id=777", 777, "777"),
        ("movie_id=8", 8, "8"),
    ],
)
def test_a_title_an_id_or_a_button_chooses_a_movie(query: str, movie_id: int, text: str) -> None:
    assert choice(query) == Choice(text=text, movie_id=movie_id)


def test_movies_of_one_title_are_offered() -> None:
    assert choice("movie=hamlet") == Choice(text="hamlet", offered=HAMLETS)


def test_movies_whose_title_begins_like_the_text_are_offered() -> None:
    assert choice("movie=toy") == Choice(text="toy", offered=[Movie(1, "Toy Story (1995)")])


@pytest.mark.parametrize("text", ["xyz", "777", "9" * 200, "!"])
def test_a_text_that_means_no_movie_offers_none(text: str) -> None:
    assert choice(f"movie={text}") == Choice(text=text, offered=[])


@pytest.mark.parametrize("query", ["", "movie=", "movie=++&movie_id="])
def test_an_empty_field_chooses_nothing(query: str) -> None:
    assert choice(query) == Choice()

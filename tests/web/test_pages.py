"""What a visitor sees of the embedded server's model.

It lists the movies 10, 20, ... in this order without those that are rated, rates movie 10 with half
a star, 20 with a whole one and so on, and finds the movies of neighbouring ids the most similar.
"""

import re

import pytest

from tests.web.conftest import Get


def titles_listed(page: str) -> list[str]:
    """The titles that lead to similar movies."""
    return re.findall(r'<a href="/similar\?movie_id=[^>]*><bdi>(.*?)</bdi>', page)


def test_a_visitor_without_ratings_sees_popular_movies(get: Get) -> None:
    page = get("/").text
    assert "Tier <code>popular</code>" in page
    assert titles_listed(page)[:2] == ["Ten (1990)", "Twenty (1991)"]
    assert "Answered by model version 2 at localhost:" in page


def test_a_movie_without_a_title_is_called_by_its_id(get: Get) -> None:
    assert titles_listed(get("/").text)[-1] == "Movie 60"


def test_an_added_movie_is_listed_and_no_more_recommended(get: Get) -> None:
    page = get("/", movie="ten", stars="4.5", rated=["20:3"]).text
    assert re.findall(r'<option value="(\S+)" selected', page) == ["4.5", "10:4.5", "20:3"]
    assert "Tier <code>model</code>" in page
    assert titles_listed(page)[0] == "Thirty (1992)"
    assert 'href="/similar?rated=10:4.5&amp;rated=20:3"' in page


def test_a_removed_movie_is_recommended_again(get: Get) -> None:
    page = get("/", rated=["10:4.5", "20:3"], remove="10").text
    assert titles_listed(page)[0] == "Ten (1990)"
    assert "Remove Twenty (1991)" in page


def test_movies_are_shown_with_predicted_stars(get: Get) -> None:
    page = get("/").text
    assert re.findall(r'<td class="number">(.*?)</td>', page)[6:10] == [
        "2.0",
        "100 %",
        "2.5",
        "100 %",
    ]


def test_any_movie_is_predicted_also_a_rated_one(get: Get) -> None:
    page = get("/", candidate="fünfzig", rated=["50:1"]).text
    assert "<bdi>Fünfzig (1994)</bdi>: you would give it\n      <strong>2.5 stars</strong>" in page


def test_an_unclear_title_offers_movies_as_buttons(get: Get) -> None:
    page = get("/", movie="t", candidate="f").text
    offered = re.findall(r'<button name="(\w+)" value="(\d+)">', page)
    assert offered[:3] == [("movie_id", "10"), ("movie_id", "20"), ("movie_id", "30")]
    assert offered[3:] == [("candidate_id", "40"), ("candidate_id", "50")]


def test_an_unknown_title_is_named(get: Get) -> None:
    assert "knows no movie called <q><bdi>xyz</bdi></q>" in get("/", movie="xyz").text


def test_similar_movies_are_found_by_title(get: Get) -> None:
    page = get("/similar", movie="twenty", rated=["10:5"]).text
    assert titles_listed(page)[:2] == ["Ten (1990)", "Thirty (1992)"]
    assert 'name="rated" value="10:5"' in page  # for the way back
    assert "Answered by model version 2" in page


def test_an_id_that_the_model_does_not_know_has_no_similar_movies(get: Get) -> None:
    assert "knows no movie with the id 777" in get("/similar", movie_id="777").text


def test_a_new_movie_is_placed_by_title_and_genres(get: Get) -> None:
    page = get("/new", title="New One (2031)", genre=["Comedy", "Animation"]).text
    assert titles_listed(page) == ["Ten (1990)", "Twenty (1991)"]
    assert page.count("checked") == 2


@pytest.mark.parametrize("path", ["/similar", "/new"])
def test_a_page_that_was_asked_nothing_is_a_form_alone(get: Get, path: str) -> None:
    page = get(path)
    assert page.status_code == 200
    assert "Answered by" not in page.text
    assert titles_listed(page.text) == []


def test_titles_are_completed_most_popular_first(get: Get) -> None:
    assert get("/titles", q="t").json() == ["Ten (1990)", "Twenty (1991)", "Thirty (1992)"]
    assert get("/titles", q="FUNF").json() == ["Fünfzig (1994)"]
    assert get("/titles").json() == []

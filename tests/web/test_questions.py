import pytest
from starlette.datastructures import QueryParams

from serving.client import RatedMovie
from web import questions
from web.questions import BadQuestionError, TooLongError


def rated(*pairs: tuple[int, float]) -> questions.Rated:
    return tuple(RatedMovie(movie_id=movie_id, rating=stars) for movie_id, stars in pairs)


def test_ratings_are_read_in_the_order_of_the_address() -> None:
    query = questions.parse("rated=260:4.5&rated=1%3A5&title=x")
    assert questions.rated(query) == rated((260, 4.5), (1, 5.0))


def test_the_first_rating_of_a_movie_counts() -> None:
    query = questions.parse("rated=1:2&rated=260:4.5&rated=1:5")
    assert questions.rated(query) == rated((1, 2.0), (260, 4.5))


def test_a_link_holds_the_ratings_it_was_made_of() -> None:
    ratings = rated((260, 4.5), (1, 5.0), (2**63 - 1, 0.5))
    assert questions.rated(questions.parse(questions.query_of(ratings))) == ratings


def test_a_new_rating_comes_first_and_replaces_an_earlier_one() -> None:
    before = rated((1, 5.0), (260, 4.5))
    assert questions.with_rating(before, 260, 1.0) == rated((260, 1.0), (1, 5.0))
    assert questions.without(before, 1) == rated((260, 4.5))
    assert questions.without(before, None) == before


@pytest.mark.parametrize(
    "value",
    ["1", "", ":5", "x:5", "-1:5", "1.5:5", "\u0661:5", f"{2**63}:5", "9" * 30 + ":5"],
)
def test_a_rating_without_a_movie_id_is_refused(value: str) -> None:
    with pytest.raises(BadQuestionError, match="rated should"):
        questions.rated(QueryParams([("rated", value)]))


@pytest.mark.parametrize("stars", ["", "0", "6", "4.7", "5.0", "-1", "nan", "inf", "<b>"])
def test_stars_off_the_scale_are_refused(stars: str) -> None:
    expected = f"from 0.5 to 5 in steps of 0.5. Received: '{stars}'"
    with pytest.raises(BadQuestionError, match=expected):
        questions.rated(QueryParams([("rated", f"1:{stars}")]))


def test_a_wrong_value_is_shown_in_part() -> None:
    with pytest.raises(BadQuestionError, match=r"Received: 'x{40}\.\.\.'$"):
        questions.movie_id(QueryParams([("remove", "x" * 5000)]), "remove")


def test_a_hundred_ratings_are_taken_and_no_more() -> None:
    pairs = [("rated", f"{movie_id}:5") for movie_id in range(101)]
    assert len(questions.rated(QueryParams(pairs[:100]))) == 100
    with pytest.raises(BadQuestionError, match="at most 100 movies"):
        questions.rated(QueryParams(pairs))


def test_a_long_query_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(TooLongError, match=r"at most 8,000 characters\. Received: 8,001"):
        questions.parse("x" * 8001)


def test_the_longest_question_of_the_page_s_own_form_is_short_enough() -> None:
    text = "%F0%9F%8E%AC" * 200  # a clapper board, four bytes
    pairs = "&".join(f"rated=1{number:06}%3A4.5" for number in range(100))
    query = questions.parse(f"movie={text}&stars=4.5&{pairs}&candidate=")
    assert len(questions.text(query, "movie")) == 200


def test_texts_lose_the_space_around_them() -> None:
    assert questions.text(QueryParams([("title", " Toy \t Story\n")]), "title") == "Toy Story"
    assert questions.text(QueryParams(""), "title") == ""


@pytest.mark.parametrize("text", ["<script>", "\"'&", "\u200fשם\u200e", "🧑‍🚀", "東京"])
def test_texts_of_every_script_are_taken_as_they_are(text: str) -> None:
    assert questions.text(QueryParams([("title", text)]), "title") == text


def test_texts_that_are_too_long_are_refused() -> None:
    with pytest.raises(BadQuestionError, match=r"at most 200 characters\. Received: 10,000"):
        questions.text(QueryParams([("title", "x" * 10_000)]), "title")


@pytest.mark.parametrize("letter", ["\0", "\x1b", "\x7f", "\x9f"])
def test_control_characters_are_refused(letter: str) -> None:
    with pytest.raises(BadQuestionError, match="no control characters"):
        questions.text(QueryParams([("title", f"Toy{letter}Story")]), "title")


def test_options_are_those_that_are_known_in_their_order() -> None:
    query = QueryParams("genre=War&genre=Action&genre=War")
    assert questions.options(query, "genre", ("Action", "Drama", "War")) == ("Action", "War")
    with pytest.raises(BadQuestionError, match=r"one of Action, Drama\. Received: 'War'"):
        questions.options(query, "genre", ("Action", "Drama"))

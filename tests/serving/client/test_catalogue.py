from pathlib import Path

import pytest

from serving.client.catalogue import Catalogue, Movie, newest_catalogue
from serving.errors import AmbiguousTitleError, CatalogueError, UnknownTitleError

MOVIES = [
    Movie(1, "Toy Story (1995)"),
    Movie(3114, "Toy Story 2 (1999)"),
    Movie(2571, "Matrix, The (1999)"),
    Movie(1411, "Hamlet (1996)"),
    Movie(3723, "Hamlet (1990)"),
    Movie(838, "Emma (1996)"),
    Movie(26958, "Emma (1996)"),
    Movie(73, "Misérables, Les (1995)"),
    Movie(2324, "Life Is Beautiful (La Vita è bella) (1997)"),
    Movie(171749, "Death Note: Desu nôto (2006-2007)"),
    Movie(130, "Angela"),
    Movie(5, "300 (2007)"),
]


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(MOVIES)


@pytest.mark.parametrize(
    ("title", "movie_id"),
    [
        ("Toy Story (1995)", 1),
        ("toy story", 1),
        ("  TOY   STORY  (1995) ", 1),
        ("Toy Story 2", 3114),
        ("The Matrix", 2571),
        ("Matrix, The (1999)", 2571),
        ("the matrix (1999)", 2571),
        ("Hamlet (1990)", 3723),
        ("les miserables", 73),
        ("Life is beautiful (La vita e bella)", 2324),
        ("Death Note: Desu noto (2006)", 171749),
        ("Angela", 130),
        ("300 (2007)", 5),
    ],
)
def test_title_is_found_whatever_its_case_accents_and_article(
    catalogue: Catalogue, title: str, movie_id: int
) -> None:
    assert catalogue.resolve(title) == movie_id


@pytest.mark.parametrize(
    ("typed", "movie_ids"),
    [
        ("toy s", [1, 3114]),
        ("TOY STORY (1995", [1]),
        ("story toy", [1, 3114]),
        ("the mat", [2571]),
        ("matrix", [2571]),
        ("Vita bella", [2324]),
        ("misera", [73]),
        ("1996", [1411, 838, 26958]),
        ("oy", []),
        ("", []),
        ("!?", []),
    ],
)
def test_search_finds_movies_whose_words_begin_like_those_typed(
    catalogue: Catalogue, typed: str, movie_ids: list[int]
) -> None:
    assert [movie.movie_id for movie in catalogue.search(typed, limit=5)] == movie_ids


def test_search_puts_titles_that_begin_with_the_text_first() -> None:
    found = Catalogue(
        [
            Movie(1, "Beat the Heat (1990)"),
            Movie(2, "In the Heat of the Night (1967)"),
            Movie(3, "Heat, The (2013)"),
            Movie(4, "Heat (1995)"),
        ]
    )
    assert [movie.movie_id for movie in found.search("heat", limit=3)] == [3, 4, 1]


def test_search_does_without_apostrophes() -> None:
    found = Catalogue([Movie(2355, "Bug's Life, A (1998)"), Movie(1, "Schindler's List (1993)")])
    assert [movie.movie_id for movie in found.search("bugs", limit=5)] == [2355]
    assert [movie.movie_id for movie in found.search("a bug's life", limit=5)] == [2355]


def test_unknown_title_suggests_close_ones_best_first(catalogue: Catalogue) -> None:
    with pytest.raises(
        UnknownTitleError,
        match=r'No movie is called "Toy Stroy \(1995\)". Close ones: '
        r'"Toy Story \(1995\)" \(id 1\), "Toy Story 2 \(1999\)" \(id 3114\)\.$',
    ):
        catalogue.resolve("Toy Stroy (1995)")


def test_title_like_no_other_says_so(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownTitleError, match=r'"zzz"\. No title comes close'):
        catalogue.resolve("zzz")


@pytest.mark.parametrize("title", ["Matrix", "matrx", "The Matrx (1999)"])
def test_an_article_that_was_left_out_hides_no_movie(title: str) -> None:
    movies = [Movie(1, "Matewan (1987)"), Movie(2, "Matrix, The (1999)"), Movie(3, "Max (2002)")]
    with pytest.raises(UnknownTitleError, match=r'Close ones: "Matrix, The \(1999\)" \(id 2\)'):
        Catalogue(movies).resolve(title)


def test_the_beginning_of_a_long_title_suggests_it() -> None:
    wars = "Star Wars: Episode IV - A New Hope (1977)"
    with pytest.raises(UnknownTitleError, match=r'Close ones: "Star Wars: Episode IV'):
        Catalogue([Movie(1, "Star 80 (1983)"), Movie(2, wars)]).resolve("Star Wars")


def test_wrong_year_is_not_the_movie(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownTitleError, match=r'Close ones: "Toy Story \(1995\)" \(id 1\)'):
        catalogue.resolve("Toy Story (2005)")


def test_title_of_several_movies_lists_them(catalogue: Catalogue) -> None:
    with pytest.raises(
        AmbiguousTitleError,
        match=r'"Hamlet" is the title of 2 movies: "Hamlet \(1996\)" \(id 1411\), '
        r'"Hamlet \(1990\)" \(id 3723\)\. Add the year or give the id\.',
    ):
        catalogue.resolve("Hamlet")


def test_title_and_year_of_two_movies_asks_for_the_id(catalogue: Catalogue) -> None:
    with pytest.raises(AmbiguousTitleError, match=r"\(id 838\).*\(id 26958\).*give the id"):
        catalogue.resolve("Emma (1996)")


def test_titles_are_told_by_id(catalogue: Catalogue) -> None:
    assert catalogue.title(1) == "Toy Story (1995)"
    assert catalogue.title(2) is None


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding)
    return path


def test_file_with_commas_and_quotes_is_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "movies.csv",
        'movieId,title,genres\n11,"American President, The (1995)",Comedy|Drama\n'
        '12,"""Great Performances"" Cats (1998)",Musical\n13,,(no genres listed)\n',
    )
    assert list(Catalogue.read(path)) == [
        Movie(11, "American President, The (1995)"),
        Movie(12, '"Great Performances" Cats (1998)'),
        Movie(13, ""),
    ]


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"Cannot read the catalogue .*movies\.csv"):
        Catalogue.read(tmp_path / "movies.csv")


def test_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "movies.csv", "movieId,title,genres\n1,Amélie,Comedy\n", "latin-1")
    with pytest.raises(CatalogueError, match=r"movies\.csv: 'utf-8' codec"):
        Catalogue.read(path)


def test_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "movies.csv", "id,name\n1,Amélie\n")
    with pytest.raises(CatalogueError, match=r"expected the columns movieId.* Received: id, name"):
        Catalogue.read(path)


def test_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="Received: an empty file"):
        Catalogue.read(write(tmp_path / "movies.csv", ""))


def test_malformed_id_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "movies.csv", "movieId,title,genres\n1,A,B\ntwo,C,D\n")
    with pytest.raises(CatalogueError, match=r"Line 3 of .* Received: 'two'"):
        Catalogue.read(path)


def test_newest_version_with_a_catalogue_is_used(tmp_path: Path) -> None:
    for version in ("9", "10", "11.pushing", "9" * 20):
        write(tmp_path / version / "assets.extra" / "movies.csv", "")
    (tmp_path / "12").mkdir()
    assert newest_catalogue(tmp_path) == tmp_path / "10" / "assets.extra" / "movies.csv"


def test_no_version_has_no_catalogue(tmp_path: Path) -> None:
    assert newest_catalogue(tmp_path / "missing") is None

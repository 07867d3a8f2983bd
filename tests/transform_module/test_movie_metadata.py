from collections.abc import Sequence

import numpy as np
import pytest
import tensorflow as tf

from transform_module import features
from transform_module.movie_metadata import genre_indices, release_decade, release_year, title_words


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("Toy Story (1995)", 1995),
        ('Postman, The "Postino" (Il) (1994) ', 1994),
        ("2001: A Space Odyssey (1968)", 1968),
        ("Fawlty Towers (1975-1979)", 1975),
        ("Mystery Science Theater (3000) (1996)", 1996),
        ("(500) Days of Summer (2009)", 2009),
        ("Am\u00e9lie (2001)", 2001),
    ],
)
def test_year_is_read_from_the_end_of_the_title(title: str, year: int) -> None:
    assert release_year(tf.constant([title])).numpy().tolist() == [year]


@pytest.mark.parametrize("title", ["", "Hyena Road", "Babylon 5", "1984", "(500) Days of Summer"])
def test_title_without_a_year_gives_nan(title: str) -> None:
    assert np.isnan(release_year(tf.constant([title])).numpy()).all()


def test_decade_of_a_year_and_of_none() -> None:
    assert release_decade(tf.constant([1995.0, 1920.0, np.nan])).numpy().tolist() == [
        b"1990s",
        b"1920s",
        b"unknown",
    ]


def genres(*movies: Sequence[str]) -> tf.SparseTensor:
    return tf.RaggedTensor.from_row_lengths(
        tf.constant([name for movie in movies for name in movie], tf.string),
        [len(movie) for movie in movies],
    ).to_sparse()


def test_genres_become_their_position_in_the_list_padded_with_minus_one() -> None:
    indices = genre_indices(genres(["Western", "Action"], [], ["Drama"])).numpy()
    assert indices.shape == (3, features.MAX_GENRES)
    assert indices[0].tolist() == [18, 0] + [-1] * 8
    assert indices[1].tolist() == [-1] * 10
    assert indices[2].tolist() == [7] + [-1] * 9


def test_a_genre_not_in_the_list_is_another_genre_and_no_genres_is_none() -> None:
    indices = genre_indices(genres(["Telenovela"], ["(no genres listed)"])).numpy()
    assert indices[0, 0] == features.OTHER_GENRE_INDEX
    assert (indices[1] == -1).all()


def test_genres_beyond_the_maximum_are_cut() -> None:
    indices = genre_indices(genres(features.GENRE_NAMES)).numpy()
    assert indices[0].tolist() == list(range(10))


def words(title: str) -> list[int]:
    """The fingerprints of a title's words, without padding."""
    (row,) = title_words(tf.constant([title])).numpy()
    return row[row != features.PADDING_ID].tolist()


def test_words_are_fingerprints_in_their_order_padded_with_minus_one() -> None:
    found = title_words(tf.constant(["Toy Story (1995)", "Story"])).numpy()
    assert found.shape == (2, features.MAX_TITLE_WORDS)
    assert found.dtype == np.int64
    toy, story = found[0, :2].tolist()
    assert found[0].tolist() == [toy, story] + [-1] * 10
    assert found[1].tolist() == [story] + [-1] * 11
    assert toy != story
    assert min(toy, story) >= 0


@pytest.mark.parametrize(
    "title",
    [
        "star wars episode iv",
        "STAR WARS EPISODE IV",
        "Star Wars: Episode IV (1977)",
        ' Star  Wars -- "Episode" (IV)! (1977) ',
        "Star-Wars/Episode_IV (1977-1983)",
    ],
)
def test_case_punctuation_blanks_and_the_year_make_no_other_words(title: str) -> None:
    assert words(title) == words("Star Wars Episode IV")


@pytest.mark.parametrize(
    ("title", "count"),
    [
        ("Toy Story 2 (1999)", 3),
        ("1984 (1956)", 1),
        ("2001: A Space Odyssey (1968)", 4),
        ("(500) Days of Summer (2009)", 4),
        ("Am\u00e9lie (2001)", 1),
        ("\u6620\u753b (2001)", 1),
        ("It's (2001)", 2),
        ("", 0),
        ("(1995)", 0),
        ("?!... (1995)", 0),
    ],
)
def test_a_word_is_a_run_of_letters_and_digits_of_any_script(title: str, count: int) -> None:
    assert len(words(title)) == count


def test_letters_beyond_ascii_are_told_apart_and_lowered() -> None:
    assert words("\u00c9T\u00c9") == words("\u00e9t\u00e9")
    assert words("\u00e9t\u00e9") != words("ete")


def test_a_long_title_keeps_its_first_words() -> None:
    title = " ".join(f"word{number}" for number in range(20))
    assert len(words(title)) == features.MAX_TITLE_WORDS
    assert words(title) == [words(f"word{number}")[0] for number in range(12)]


def test_a_repeated_word_is_repeated() -> None:
    one, other, again = words("New York New")
    assert one == again != other


def test_bytes_that_are_no_text_are_words_all_the_same() -> None:
    assert title_words(tf.constant([b"\xff\xfe (1990)"])).shape == (1, features.MAX_TITLE_WORDS)

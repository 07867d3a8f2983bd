import numpy as np
import pytest
import tensorflow as tf

from transform_module import features
from transform_module.movie_metadata import genre_indices, release_decade, release_year


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
def test_year_is_read_from_the_end_of_the_title(title, year):
    assert release_year(tf.constant([title])).numpy().tolist() == [year]


@pytest.mark.parametrize("title", ["", "Hyena Road", "Babylon 5", "1984", "(500) Days of Summer"])
def test_title_without_a_year_gives_nan(title):
    assert np.isnan(release_year(tf.constant([title])).numpy()).all()


def test_decade_of_a_year_and_of_none():
    assert release_decade(tf.constant([1995.0, 1920.0, np.nan])).numpy().tolist() == [
        b"1990s",
        b"1920s",
        b"unknown",
    ]


def genres(*movies):
    return tf.RaggedTensor.from_row_lengths(
        tf.constant([name for movie in movies for name in movie], tf.string),
        [len(movie) for movie in movies],
    ).to_sparse()


def test_genres_become_their_position_in_the_list_padded_with_minus_one():
    indices = genre_indices(genres(["Western", "Action"], [], ["Drama"])).numpy()
    assert indices.shape == (3, features.MAX_GENRES)
    assert indices[0].tolist() == [18, 0] + [-1] * 8
    assert indices[1].tolist() == [-1] * 10
    assert indices[2].tolist() == [7] + [-1] * 9


def test_a_genre_not_in_the_list_is_another_genre_and_no_genres_is_none():
    indices = genre_indices(genres(["Telenovela"], ["(no genres listed)"])).numpy()
    assert indices[0, 0] == features.OTHER_GENRE_INDEX
    assert (indices[1] == -1).all()


def test_genres_beyond_the_maximum_are_cut():
    indices = genre_indices(genres(features.GENRE_NAMES)).numpy()
    assert indices[0].tolist() == list(range(10))

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from trainer_module.gp_dnn.content_vectors import ERA_WIDTH, TITLE_FACTORS, TitleVectors, era_vector
from transform_module.movie_metadata import title_words


def eras(*years: float | np.int64) -> NDArray[np.float32]:
    return era_vector(tf.constant(years, tf.float32)).numpy()


def test_dot_products_are_a_gaussian_of_the_years_between() -> None:
    years = np.arange(1900, 2030)
    found = eras(*years)
    expected = np.exp(-0.5 * ((years[:, np.newaxis] - years) / 10.0) ** 2)
    assert found.shape == (len(years), ERA_WIDTH)
    # Twelve of 161 directions keep all but this much of it.
    np.testing.assert_allclose(found @ found.T, expected, atol=0.06)


def test_every_year_has_length_one() -> None:
    lengths = np.linalg.norm(eras(*range(1880, 2060)), axis=1)
    np.testing.assert_allclose(lengths, 1.0, atol=1e-5)


@pytest.mark.parametrize(("year", "end"), [(1889, 1890), (0, 1890), (2051, 2050), (9999, 2050)])
def test_years_off_the_table_take_its_end(year: int, end: int) -> None:
    np.testing.assert_array_equal(eras(year), eras(end))


def test_the_years_at_the_ends_are_their_own() -> None:
    assert not np.allclose(eras(1890), eras(1891), atol=1e-3)
    assert not np.allclose(eras(2050), eras(2049), atol=1e-3)


def test_a_median_between_two_years_takes_one_of_them() -> None:
    np.testing.assert_array_equal(eras(1994.6), eras(1995))


def test_years_of_any_shape() -> None:
    assert era_vector(tf.fill([2, 3], 1995.0)).shape == (2, 3, ERA_WIDTH)


TITLES = [
    "Toy Story (1995)",
    "Toy Story 2 (1999)",
    "Star Wars: Episode IV (1977)",
    "Star Wars: Episode V (1980)",
    "The Story of Us (1999)",
    "The Matrix (1999)",
    "Heat (1995)",
    "",
]


def words(*titles: str) -> tf.Tensor:
    return title_words(tf.constant(titles))


@pytest.fixture(scope="module")
def vectors() -> TitleVectors:
    return TitleVectors(words(*TITLES).numpy())


def cosines(vectors: TitleVectors, title: str) -> dict[str, float]:
    one, others = vectors(words(title)).numpy(), vectors(words(*TITLES)).numpy()
    return dict(zip(TITLES, (others @ one[0]).tolist(), strict=True))


def test_a_sequel_is_nearer_than_a_stranger(vectors: TitleVectors) -> None:
    near = cosines(vectors, "Toy Story (1995)")
    assert near["Toy Story 2 (1999)"] > near["The Story of Us (1999)"] > near["The Matrix (1999)"]
    assert near["Star Wars: Episode IV (1977)"] == pytest.approx(0.0, abs=1e-5)


def test_a_new_sequel_finds_its_series(vectors: TitleVectors) -> None:
    near = cosines(vectors, "Star Wars: Episode VI (1983)")
    assert sorted(near, key=near.get)[-2:] == TITLES[2:4] or sorted(near, key=near.get)[-2:] == [  # type: ignore[arg-type]
        TITLES[3],
        TITLES[2],
    ]


def test_dot_products_are_cosines_of_the_weighted_words(vectors: TitleVectors) -> None:
    """With as many factors as words nothing is lost: words by the logarithm of their rarity."""
    toy = story = np.log(8 / 2), np.log(8 / 3)
    of_toy_story = np.array([toy[0], story[1]])
    of_us = np.array([0.0, story[1], np.log(8 / 2)])  # "the" stands in two titles
    expected = (of_toy_story[1] * of_us[1]) / np.linalg.norm(of_toy_story) / np.linalg.norm(of_us)
    near = cosines(vectors, "Toy Story (1995)")
    assert near["The Story of Us (1999)"] == pytest.approx(expected, abs=1e-5)
    assert near["Toy Story (1995)"] == pytest.approx(1.0, abs=1e-5)


def test_words_that_no_two_titles_share_give_no_vector(vectors: TitleVectors) -> None:
    answer = vectors(words("Heat (1995)", "Unheard (2001)", "", "2 Us IV")).numpy()
    assert not answer.any()


def test_a_title_is_as_long_as_its_known_words_are_kept(vectors: TitleVectors) -> None:
    lengths = np.linalg.norm(vectors(words(*TITLES)).numpy(), axis=1)
    assert (lengths <= 1 + 1e-5).all()
    known, with_unknown = vectors(words("Toy Story", "Toy Story Unheard")).numpy()
    np.testing.assert_allclose(known, with_unknown, atol=1e-6)


def test_titles_of_any_shape(vectors: TitleVectors) -> None:
    square = tf.reshape(words(*TITLES), [2, 4, -1])
    assert vectors(square).shape == (2, 4, TITLE_FACTORS)
    flat = vectors(words(*TITLES)).numpy()
    np.testing.assert_array_equal(vectors(square).numpy().reshape(flat.shape), flat)


def test_two_fits_agree_to_the_last_bit(vectors: TitleVectors) -> None:
    again = TitleVectors(words(*TITLES).numpy())
    np.testing.assert_array_equal(again(words(*TITLES)), vectors(words(*TITLES)))


@pytest.mark.parametrize("titles", [["Heat", "Alien"], ["", ""], ["Alien", "Alien"]])
def test_a_catalogue_with_hardly_a_word_in_common_still_answers(titles: list[str]) -> None:
    answer = TitleVectors(words(*titles).numpy())(words("Alien")).numpy()
    assert answer.shape == (1, TITLE_FACTORS)
    assert np.isfinite(answer).all()

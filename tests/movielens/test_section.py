from typing import Any

import pytest

from movielens.section import Count, ListOf, Section


class Layers(Section):
    units: ListOf[Count] = (64,)
    rate: float = 0.5


def test_a_list_does_for_a_tuple_and_a_whole_number_for_a_float() -> None:
    layers = Layers.model_validate({"units": [8, 4], "rate": 1})
    assert (layers.units, layers.rate) == ((8, 4), 1.0)
    assert isinstance(layers.rate, float)
    assert layers.model_dump_json() == '{"units":[8,4],"rate":1.0}'


@pytest.mark.parametrize("values", [{"unit": [1]}, {"rate": "1"}, {"rate": True}, {"units": "8"}])
def test_nothing_is_converted_and_no_other_key_known(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="1 validation error for Layers"):
        Layers.model_validate(values)


def test_a_section_cannot_be_changed_but_copied_with_other_values() -> None:
    layers = Layers(units=(8,))
    with pytest.raises(ValueError, match="frozen"):
        layers.rate = 0.1  # type: ignore[misc]
    assert layers.replace(rate=0.1) == Layers(units=(8,), rate=0.1)
    assert layers == Layers(units=(8,))


def test_a_copy_is_checked() -> None:
    with pytest.raises(ValueError, match=r"units\.0"):
        Layers().replace(units=(0,))

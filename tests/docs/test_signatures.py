"""The page of the signatures has all of them, as the contract spells them."""

import re

import pytest

from serving.contract import SIGNATURES
from tests.docs.test_links import ROOT

PAGE = (ROOT / "docs" / "reference" / "signatures.md").read_text(encoding="utf-8")
ROWS = {
    name: (inputs, outputs)
    for name, inputs, outputs in re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", PAGE, re.MULTILINE)
}


def test_the_table_has_all_signatures() -> None:
    assert list(ROWS) == list(SIGNATURES)


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_row_names_inputs_and_outputs_in_their_order(name: str) -> None:
    inputs, outputs = (re.findall(r"`(\w+)`", cell) for cell in ROWS[name])
    assert inputs == list(SIGNATURES[name].inputs)
    assert outputs == list(SIGNATURES[name].outputs)

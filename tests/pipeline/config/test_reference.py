from pathlib import Path

import pytest

from pipeline import cli
from pipeline.config.reference import reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "configuration.md"


def test_the_page_in_docs_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run `make reference`"


@pytest.mark.parametrize(
    "lines",
    [
        "* `tuner.trials` = `8`: a whole number from 1 to 1,000,000,000.\n  At most this many",
        "* `data.encoding`: text.\n  Encoding of titles that are not UTF-8",
        "* `trainer.refit` = `true` (the model's own): true or false.\n  Trains once more",
        '* `kubeflow.resources.memory` = `"4Gi"`: bytes, such as `4Gi` or `512Mi`.\n  Memory',
        "* `drift.min_growth`: a number above 0.\n  Smallest number",
    ],
)
def test_an_option_has_key_default_range_and_meaning(lines: str) -> None:
    assert lines in reference()


def test_every_option_has_a_meaning_and_no_line_is_wider_than_a_terminal() -> None:
    lines = reference().splitlines()
    assert "  None" not in lines
    assert max(map(len, lines)) <= 100


def test_the_command_line_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--help-config"]) == 0
    assert capsys.readouterr().out == reference()

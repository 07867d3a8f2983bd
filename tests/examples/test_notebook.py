"""The notebook of `examples/`: as it is stored, and run anew."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "explore_a_run.ipynb"


def outputs(notebook: Any) -> Iterator[Any]:
    for cell in notebook["cells"]:
        yield from cell.get("outputs", ())


def test_it_is_stored_with_pictures_tables_and_no_error() -> None:
    assert NOTEBOOK.stat().st_size < 500_000
    stored = list(outputs(json.loads(NOTEBOOK.read_text(encoding="utf-8"))))
    assert "error" not in {each["output_type"] for each in stored}
    kinds = [kind for each in stored for kind in each.get("data", ())]
    assert kinds.count("image/png") == 4
    assert kinds.count("text/html") >= 5


def test_it_was_run_from_top_to_bottom_and_names_no_folder_of_a_machine() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert "/tmp/" not in text  # noqa: S108


@pytest.mark.systems
def test_no_cell_fails() -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    assert sum("image/png" in each.get("data", {}) for each in outputs(notebook)) == 4

from pathlib import Path

import pytest

from pipeline.commands.arguments import data_folder
from pipeline.errors import UsageError


def test_a_folder_that_is_missing_or_holds_no_ratings_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"^{__file__} is a file"):
        data_folder(Path(__file__), tmp_path)
    with pytest.raises(UsageError, match=f"the data folder {tmp_path}/none does not exist"):
        data_folder(tmp_path / "none", tmp_path)
    with pytest.raises(UsageError, match=str(tmp_path)):
        data_folder(tmp_path, tmp_path)


def test_without_a_folder_the_default_data_are_meant(tmp_path: Path) -> None:
    written = data_folder(None, tmp_path)
    assert sorted(file.name for file in written.iterdir()) == ["movies.csv", "ratings.csv"]
    assert written.parent == tmp_path
    assert data_folder(written, tmp_path / "scratch") == written

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.run.metrics_file import why_unwritable, write_metrics
from tests.support.run_records import a_run


@pytest.fixture
def private_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


def test_any_user_may_read_the_file_whatever_the_umask(tmp_path: Path, private_umask: None) -> None:
    path = tmp_path / "movielens.prom"
    path.write_text("an earlier run's")
    assert write_metrics(path, a_run(), []) == []
    assert "movielens_run_duration_seconds" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(tmp_path) == ["movielens.prom"]  # noqa: PTH208 - hidden files too


def test_a_missing_folder_is_named_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "typo" / "movielens.prom"
    problem = (
        f"the metrics cannot be written to {path}: there is no folder {tmp_path / 'typo'}; "
        "see alerts.metrics_file"
    )
    assert why_unwritable(path) == problem
    assert write_metrics(path, a_run(), []) == [problem]
    assert not path.parent.exists()


def test_a_folder_of_another_user_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    path = tmp_path / "movielens.prom"
    assert f"this user may not write to the folder {tmp_path};" in why_unwritable(path)


def test_a_full_disk_leaves_the_earlier_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "movielens.prom"
    path.write_text("an earlier run's")
    monkeypatch.setattr(os, "fsync", full)
    (problem,) = write_metrics(path, a_run(), [])
    assert "No space left on device; see alerts.metrics_file" in problem
    assert path.read_text() == "an earlier run's"

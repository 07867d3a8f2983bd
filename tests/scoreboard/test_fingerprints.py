from scoreboard import fingerprints
from scoreboard.fingerprints import source_fingerprint


def test_an_edit_of_a_file_or_of_one_in_a_folder_changes_the_hash(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprints, "ROOT", tmp_path)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "one.py").write_text("a = 1")
    (tmp_path / "alone.py").write_text("b = 1")
    seen = set()
    for edited in (None, "package/one.py", "alone.py", "package/new.py"):
        if edited:
            (tmp_path / edited).write_text("edited = True")
        source_fingerprint.cache_clear()
        seen.add(source_fingerprint("package", "alone.py"))
    source_fingerprint.cache_clear()
    assert len(seen) == 4


def test_every_source_that_a_cell_depends_on_exists():
    from scoreboard.cells import Cell

    source_fingerprint.cache_clear()
    for objective in ("mse", ""):
        cell = Cell(protocol="random", model="svd", objective=objective, seed=0)
        assert cell.fingerprint("of-data").endswith("-of-data")

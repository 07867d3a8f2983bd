from pathlib import Path

import pytest

from pipeline.fingerprint import closure, fingerprint


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """`model.entry` imports `model.tower` (inside a function), which imports `shared`."""
    files = {
        "model/__init__.py": "",
        "model/entry.py": "def run():\n    from model import tower\n    return tower.WIDTH\n",
        "model/tower.py": "import math\n\nfrom .layers import DEPTH\nimport shared\nWIDTH = 3\n",
        "model/layers.py": "DEPTH = 2\n",
        "model/unrelated.py": "X = 1\n",
        "shared.py": "Y = 2\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_closure_follows_absolute_relative_and_local_imports(project: Path) -> None:
    assert sorted(closure("model.entry", root=project)) == [
        "model",
        "model.entry",
        "model.layers",
        "model.tower",
        "shared",
    ]


@pytest.mark.parametrize(
    "edited",
    ["model/entry.py", "model/tower.py", "model/layers.py", "shared.py", "model/__init__.py"],
)
def test_an_edit_of_an_imported_module_changes_the_fingerprint(project: Path, edited: str) -> None:
    before = fingerprint("model.entry", root=project)
    with (project / edited).open("a") as file:
        file.write("# edited\n")
    assert fingerprint("model.entry", root=project) != before


@pytest.mark.parametrize("text", ["model.unrelated", "model.unrelated.Unrelated"])
def test_a_module_that_is_named_by_import_path_counts_as_imported(project: Path, text: str) -> None:
    assert "model.unrelated" not in closure("model.entry", root=project)
    with (project / "model/layers.py").open("a") as file:
        file.write(f'PATH = "{text}"\nFILE = "movies.csv"\n')
    assert "model.unrelated" in closure("model.entry", root=project)


def test_an_edit_of_an_unrelated_module_keeps_the_fingerprint(project: Path) -> None:
    before = fingerprint("model.entry", root=project)
    (project / "model/unrelated.py").write_text("X = 99\n")
    assert fingerprint("model.entry", root=project) == before


def test_a_module_that_moves_changes_the_fingerprint(project: Path) -> None:
    before = fingerprint("model.tower", root=project)
    (project / "shared.py").rename(project / "renamed.py")
    tower = project / "model/tower.py"
    tower.write_text(tower.read_text().replace("import shared", "import renamed"))
    assert fingerprint("model.tower", root=project) != before


def test_another_version_of_an_imported_library_changes_the_fingerprint(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "shared.py").write_text("import psutil\n")
    before = fingerprint("model.entry", root=project)
    monkeypatch.setattr("pipeline.fingerprint.metadata.version", lambda _: "999")
    assert fingerprint("model.entry", root=project) != before


def test_installing_the_project_itself_keeps_the_fingerprint(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint("model.entry", root=project)
    monkeypatch.setattr(
        "pipeline.fingerprint._distributions_by_import",
        lambda: {"model": ["the-project"], "shared": ["the-project"]},
    )
    monkeypatch.setattr("pipeline.fingerprint.metadata.version", lambda _: "999")
    assert fingerprint("model.entry", root=project) == before


def test_nothing_is_imported_or_run(project: Path) -> None:
    (project / "shared.py").write_text("raise SystemExit('was run')\n")
    assert fingerprint("model.entry", root=project)


def test_a_missing_module_is_named(project: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"Received: model\.nothing"):
        fingerprint("model.nothing", root=project)


def test_each_stage_depends_on_its_own_modules_and_on_no_later_one_s() -> None:
    assert "trainer_module.models.mf_dnn" in closure("trainer_module.entrypoint")
    assert "trainer_module.models.mf_dnn" not in closure("transform_module.preprocessing")
    for module in ("transform_module.aggregates", "transform_module.movie_metadata"):
        assert module in closure("transform_module.preprocessing")
        assert module not in closure("components.movielens_example_gen.executor")

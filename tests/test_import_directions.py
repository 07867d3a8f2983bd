"""Which top-level package may import which: the table of docs/explanation/architecture.md."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "audit",
    "benchmarks",
    "components",
    "deploy",
    "movielens",
    "pipeline",
    "report",
    "scoreboard",
    "serving",
    "trainer_module",
    "transform_module",
    "web",
)

# Module prefixes that each package may import beside itself.
ALLOWED = {
    # They look at all there is, and are run by the pipeline's command line.
    "audit": ("components", "movielens", "scoreboard", "trainer_module", "transform_module"),
    "benchmarks": (
        *("components", "movielens", "scoreboard"),
        *("serving", "trainer_module", "transform_module"),
    ),
    "scoreboard": ("components", "movielens", "trainer_module", "transform_module"),
    # The outermost layer: a scheduler's definition of the pipeline is made by the pipeline.
    "deploy": ("pipeline",),
    "movielens": (),
    "transform_module": ("movielens.constants", "movielens.section"),
    "trainer_module": ("movielens", "transform_module"),
    "components": ("movielens", "transform_module.features"),
    "serving": (),
    # It measures what runs predicted, as the Evaluator does.
    "report": ("components.evaluator", "movielens", "transform_module.features"),
    "pipeline": (
        "components",
        "movielens",
        "report",
        "serving",
        "trainer_module.config",
        "trainer_module.tuning.tuner_config",
        "transform_module.config",
        "transform_module.features",
    ),
    # It knows a model by its client alone, and any server will do.
    "web": ("serving.client", "serving.errors"),
}

# The parts of the pipeline, each of which may import those before it and its own.
PIPELINE_PARTS = (
    ("errors", "terminal", "fingerprint"),
    ("config",),
    ("store",),
    ("nodes",),
    ("create",),
    ("run",),
    ("runners",),
    ("commands",),
    ("cli",),
)

# Data alone, for everybody.
FOR_ALL = ("serving.contract",)

# What a single folder may import beyond its package.
ALSO_ALLOWED = {
    # The canary has the real server load the candidate, and talks to it as the real client does.
    "components/serving_validator": ("serving",),
    # It numbers versions as the server does.
    "components/atomic_pusher": ("serving.versions",),
    # They are the commands' work, imported when a command runs.
    "pipeline/commands": ("audit", "scoreboard", "web"),
    # It reads what the client logs: messages and their tensors.
    "components/serving_log_gen": ("serving",),
}


def imports_of(source: str, module: str) -> Iterator[str]:
    """Full names of everything a source file imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def violations(package: str, source: str, module: str) -> list[str]:
    """Imports of ours that the table does not allow."""
    folder = module.rpartition("/")[0]
    allowed = (package, *FOR_ALL, *ALLOWED[package], *ALSO_ALLOWED.get(folder, ()))
    return [
        f"{module} imports {name}"
        for name in imports_of(source, module)
        if name.split(".")[0] in (*PACKAGES, "tests")
        and not any(name == prefix or name.startswith(f"{prefix}.") for prefix in allowed)
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_the_table_allows(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    found = [
        line
        for file in files
        for line in violations(package, file.read_text(), str(file.relative_to(ROOT)))
    ]
    assert not found


def test_the_parts_of_the_pipeline_do_not_import_one_another_in_circles() -> None:
    rank = {part: number for number, parts in enumerate(PIPELINE_PARTS) for part in parts}
    files = [file for file in (ROOT / "pipeline").rglob("*.py") if file.name != "__init__.py"]
    found = []
    for file in files:
        module = file.relative_to(ROOT / "pipeline").with_suffix("")
        found += [
            f"pipeline/{module} imports {name}"
            for name in imports_of(file.read_text(), str(module))
            if name.startswith("pipeline.") and rank[name.split(".")[1]] > rank[module.parts[0]]
        ]
    assert len(files) > len(rank)
    assert not found


@pytest.mark.parametrize(
    ("package", "line"),
    [
        ("components", "from transform_module.preprocessing import preprocessing_fn"),
        ("components", "import pipeline.config"),
        ("components", "from serving.client import RecommenderClient"),
        ("pipeline", "from trainer_module import entrypoint"),
        ("serving", "from transform_module import features"),
        ("audit", "from benchmarks.sizes import parser"),
        ("benchmarks", "from pipeline import terminal"),
        ("pipeline", "from scoreboard.board import run_board"),
        ("scoreboard", "from audit.subject import Subject"),
        ("web", "from serving.server.options import ServerOptions"),
        ("pipeline", "from web.server import serve"),
        ("transform_module", "from tests.support import examples"),
    ],
)
def test_a_forbidden_import_is_found(package: str, line: str) -> None:
    assert violations(package, line, "planted") != []


def test_the_contract_is_for_everybody_and_imports_nothing_of_ours() -> None:
    for line in ("from serving import contract", "from serving.contract import RECOMMEND"):
        assert [violations(package, line, "planted") for package in PACKAGES] == [[]] * len(
            PACKAGES
        )
    source = (ROOT / "serving" / "contract.py").read_text()
    assert {name.split(".")[0] for name in imports_of(source, "contract")} == {
        "collections",
        "typing",
    }


def test_the_canary_alone_among_the_components_may_import_the_server() -> None:
    line = "from serving.server_process import ServerProcess"
    assert violations("components", line, "components/serving_validator/canary.py") == []
    assert violations("components", line, "components/atomic_pusher/executor.py") != []
    forbidden = "from pipeline import config"
    assert violations("components", forbidden, "components/serving_validator/canary.py") != []

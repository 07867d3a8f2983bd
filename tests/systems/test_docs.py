"""`make docs`: the whole site, by the command that people use."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.cli import COMMANDS

ROOT = Path(__file__).parents[2]
SITE = ROOT / "site"

pytestmark = [pytest.mark.systems, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", autouse=True)
def site() -> None:
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    make = shutil.which("make")
    assert make is not None
    subprocess.run([make, "docs"], check=True, cwd=ROOT, env=environment)


def test_every_page_is_in_the_site() -> None:
    pages = [page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md")]
    assert len(pages) > 20
    assert [page for page in pages if not (SITE / page.with_suffix(".html")).is_file()] == []


def test_the_commands_have_the_help_that_they_print() -> None:
    page = (SITE / "reference" / "commands.html").read_text(encoding="utf-8")
    assert re.findall(r'<h2 id="(\w+)"', page) == list(COMMANDS)
    assert "--help-config" in page


def test_the_python_interface_has_its_docstrings() -> None:
    page = (SITE / "reference" / "python_api.html").read_text(encoding="utf-8")
    for name in ("serving.client.RecommenderClient.recommend", "report.comparison.compare"):
        assert f'id="{name}"' in page


def test_no_page_loads_anything_from_the_network() -> None:
    loads = r'<(?:script|img|iframe|link rel="(?:stylesheet|icon|preconnect)")[^>]*"https?:[^>]*>'
    pages = list(SITE.rglob("*.html"))
    assert [re.findall(loads, page.read_text(encoding="utf-8")) for page in pages] == [[]] * len(
        pages
    )


def test_the_search_works_without_a_server() -> None:
    assert (SITE / "search" / "search_index.js").read_text("utf-8").startswith("var __index = ")
    assert (SITE / "assets" / "iframe-worker.js").is_file()

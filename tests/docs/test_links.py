"""Links between pages hold on a code host, and every page that code or a page names exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
NOT_OURS = ("output", "data", "build", "site")  # what `.gitignore` names, beside hidden folders
SUFFIXES = (".cfg", ".ipynb", ".java", ".json", ".md", ".py", ".sh", ".toml", ".xml", ".yaml")


def links(text: str) -> Iterator[str]:
    """Yields the targets of links and pictures, but not those inside of code."""
    prose = re.sub(r"^ *```.*?^ *```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)
    yield from re.findall(r"\]\(([^)\s]+)\)", prose)


def anchors(text: str) -> set[str]:
    """Returns the anchors of the headings, as code hosts and MkDocs spell them."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", prose, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


def broken_links(page: Path) -> Iterator[str]:
    """Yields every relative link of the page that leads nowhere."""
    for link in links(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if target.exists() and not anchor:
            continue
        if not target.exists() or anchor not in anchors(target.read_text(encoding="utf-8")):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_a_missing_file_a_missing_heading_and_no_code_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A page, and more\n[a](#a-page-and-more) [b](gone.md) [c](page.md#gone) `[d](code.md)`\n"
        "```\n[e](fenced.md)\n# no heading\n```\n[f](https://example.org/x.md) [g](#no-heading)\n"
    )
    assert list(broken_links(page)) == ["gone.md", "page.md#gone", "#no-heading"]


def test_every_page_that_is_named_exists() -> None:
    folders = [each for each in ROOT.iterdir() if each.is_dir() and each.name[0] != "."]
    files = [each for each in ROOT.iterdir() if each.is_file()]
    for folder in folders:
        if folder.name not in NOT_OURS:
            files += [each for each in folder.rglob("*") if each.suffix in SUFFIXES]
    named = {
        (file.relative_to(ROOT).as_posix(), name)
        for file in files
        for name in re.findall(r"\bdocs/[\w/]+\.md\b", file.read_text("utf-8", "replace"))
    }
    assert len(named) > 10
    assert [(file, name) for file, name in sorted(named) if not (ROOT / name).is_file()] == []

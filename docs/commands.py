"""A hook of MkDocs that writes the page of the commands, from what they print with `--help`."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

PAGE: Final = "reference/commands.md"
PROGRAM: Final = Path(__file__).parents[1] / ".venv" / "bin" / "movielens"
_INTRODUCTION: Final = """# Commands

Every command prints its part of this page with `--help`. Exit codes are 0, 1 (failed),
2 (bad usage) and 130 (interrupted).
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the page."""
    overview = help_text()
    names = re.findall(r"^ {4}(\w+)", overview, flags=re.MULTILINE)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        texts = list(pool.map(help_text, names))
    sections = [_INTRODUCTION, _fenced(overview)]
    sections += [f"## {name}\n\n{_fenced(text)}" for name, text in zip(names, texts, strict=True)]
    files.append(File.generated(config, PAGE, content="\n".join(sections)))
    return files


def help_text(*command: str) -> str:
    """Returns what `movielens [command] --help` prints, as wide as the page."""
    done = subprocess.run(
        [PROGRAM, *command, "--help"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "84"},
    )
    return done.stdout


def _fenced(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```\n"

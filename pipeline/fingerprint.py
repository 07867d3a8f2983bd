"""Hashes of source code, so that changed code is never answered from the cache.

TFX keys its cache by a node's inputs and execution properties. A function named by import path is
only a string there: an edit of its body goes unseen. The hash of the module and of everything in
the project that it imports, put among the execution properties, makes the edit seen, by exactly the
nodes that run that code.
"""

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final, NamedTuple

# A name that dozens of unrelated distributions share: their versions say nothing about our code.
_SHARED_NAMESPACES: Final = {"google"}
_DOTTED_NAME: Final = re.compile(r"[a-z_]+(\.\w+)+")
PROJECT_ROOT: Final = Path(__file__).resolve().parent.parent


def fingerprint(*modules: str, root: Path = PROJECT_ROOT) -> str:
    """Hashes modules, the project's modules that they lead to, and the versions of the others.

    Imports are read from the syntax tree, wherever they stand; nothing is imported or run. A text
    that is the import path of a module, or of something in one, counts as an import of it. Comments
    and formatting count too: a needless run costs minutes, a missed one a wrong model.

    Args:
        modules: dotted names of modules under `root`.
        root: the folder with the project's top-level packages.

    Returns:
        The first 16 hexadecimal digits of a SHA-256.

    Raises:
        ModuleNotFoundError: there is no such module under `root`.
    """
    digest = hashlib.sha256()
    sources = closure(*modules, root=root)
    for name in sorted(sources):
        digest.update(f"{name}\0".encode())
        digest.update(sources[name].read_bytes())
    for distribution in sorted(_distributions(sources, root)):
        digest.update(f"{distribution}=={metadata.version(distribution)}\0".encode())
    return digest.hexdigest()[:16]


def closure(*modules: str, root: Path = PROJECT_ROOT) -> dict[str, Path]:
    """Finds the project's modules that importing `modules` leads to, themselves included.

    Args:
        modules: dotted names of modules under `root`.
        root: the folder with the project's top-level packages.

    Returns:
        The file of each module by its dotted name; packages count, as importing runs them.

    Raises:
        ModuleNotFoundError: there is no such module under `root`.
    """
    for module in modules:
        if _find(module, root) is None:
            raise ModuleNotFoundError(
                f"No module to take the fingerprint of. Expected a module under {root}. "
                f"Received: {module}",
                name=module,
            )
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = _find(name, root)
        if path is None or name in found:
            continue
        found[name] = path
        parent = name.rpartition(".")[0]
        waiting += [parent] if parent else []
        waiting += _imported(path, name)
        for text in _names_in(path, path.read_bytes()).texts:
            waiting += [text, text.rpartition(".")[0]]
    return found


def _find(name: str, root: Path) -> Path | None:
    stem = root.joinpath(*name.split("."))
    for path in (stem / "__init__.py", stem.with_suffix(".py")):
        if path.is_file():
            return path
    return None


def _imported(path: Path, name: str) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in _names_in(path, path.read_bytes()).imports:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            base = _absolute(node, package)
            yield base
            # `from package import x` names a module where x is one; `_find` tells them apart.
            yield from (f"{base}.{alias.name}" for alias in node.names)


class _Names(NamedTuple):
    """What a file names: its imports, and its texts that are dotted names."""

    imports: tuple[ast.Import | ast.ImportFrom, ...]
    texts: tuple[str, ...]


@cache
def _names_in(path: Path, source: bytes) -> _Names:
    """Parses a file; cached, because several fingerprints of a run read the file."""
    nodes = list(ast.walk(ast.parse(source, filename=str(path))))
    texts = (node.value for node in nodes if isinstance(node, ast.Constant))
    return _Names(
        tuple(node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))),
        tuple(each for each in texts if isinstance(each, str) and _DOTTED_NAME.fullmatch(each)),
    )


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    kept = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*kept, node.module] if node.module else kept)


def _distributions(sources: dict[str, Path], root: Path) -> set[str]:
    tops = {
        imported.partition(".")[0]
        for name, path in sources.items()
        for imported in _imported(path, name)
    }
    provided = _distributions_by_import()
    return {
        distribution
        for top in tops - _SHARED_NAMESPACES
        # The project is hashed by its source, whether it is installed or not.
        if _find(top, root) is None
        for distribution in provided.get(top, ())
    }


@cache
def _distributions_by_import() -> dict[str, list[str]]:
    return {top: list(names) for top, names in metadata.packages_distributions().items()}

"""Hashes of source code, so that the cache never answers for code that has changed.

TFX keys its cache by a node's inputs and execution properties. A function named by import path is
only a string there, so an edit of its body goes unnoticed. The hash of the module and of everything
in the project that it imports is an execution property too: an edit re-runs the nodes that run
that code, and no others.
"""

import ast
import hashlib
import re
from functools import cache
from importlib import metadata
from importlib.util import resolve_name
from pathlib import Path
from typing import Final, NamedTuple

# A name that dozens of unrelated distributions share: their versions say nothing about our code.
_SHARED_NAMESPACES: Final = {"google"}
_DOTTED_NAME: Final = re.compile(r"[a-z_]+(\.\w+)+")
_distributions_by_import = cache(metadata.packages_distributions)
PROJECT_ROOT: Final = Path(__file__).resolve().parent.parent


def fingerprint(*modules: str, root: Path = PROJECT_ROOT) -> str:
    """Hashes modules under `root`, the modules there that they import, and versions of the others.

    The hash is 16 hexadecimal digits of a SHA-256. Imports are read from the syntax tree, wherever
    they stand; nothing is imported or run. A string that is the import path of a module, or of
    something in one, counts as an import. Comments and formatting count too: a needless run costs
    minutes, a missed one a wrong model. A ModuleNotFoundError if a module is not there.
    """
    digest = hashlib.sha256()
    sources = closure(*modules, root=root)
    for name in sorted(sources):
        digest.update(f"{name}\0".encode())
        digest.update(sources[name].source)
    for distribution in sorted(_distributions(sources, root)):
        digest.update(f"{distribution}=={metadata.version(distribution)}\0".encode())
    return digest.hexdigest()[:16]


class Module(NamedTuple):
    """A module's file, what it imports, and its strings that are dotted names."""

    source: bytes
    imports: list[str]
    texts: list[str]


def closure(*modules: str, root: Path = PROJECT_ROOT) -> dict[str, Module]:
    """Returns `modules` and the project's modules that importing them leads to.

    The key is the dotted name. Packages count, because importing a module runs them. A
    ModuleNotFoundError if one of `modules` is not there.
    """
    for module in modules:
        if _find(module, root) is None:
            raise ModuleNotFoundError(
                f"No module to take the fingerprint of. Expected a module under {root}. "
                f"Received: {module}",
                name=module,
            )
    found: dict[str, Module] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = _find(name, root)
        if path is None or name in found:
            continue
        parent = name.rpartition(".")[0]
        found[name] = _parsed(path.read_bytes(), name if path.name == "__init__.py" else parent)
        waiting += [parent] if parent else []
        waiting += found[name].imports
        for text in found[name].texts:
            waiting += [text, text.rpartition(".")[0]]
    return found


def _find(name: str, root: Path) -> Path | None:
    stem = root.joinpath(*name.split("."))
    candidates = (stem / "__init__.py", stem.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


@cache
def _parsed(source: bytes, package: str) -> Module:
    """Reads a file's names; cached, because several fingerprints of a run read the file."""
    module = Module(source, [], [])
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            module.imports.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            # `from package import x` names a module if x is one; `_find` tells them apart.
            module.imports.extend([base, *(f"{base}.{alias.name}" for alias in node.names)])
        elif isinstance(node, ast.Constant) and _DOTTED_NAME.fullmatch(str(node.value)):
            module.texts.append(str(node.value))
    return module


def _distributions(sources: dict[str, Module], root: Path) -> set[str]:
    imported = {each for module in sources.values() for each in module.imports}
    tops = {each.partition(".")[0] for each in imported}
    provided = _distributions_by_import()
    return {
        distribution
        for top in tops - _SHARED_NAMESPACES
        # The project is hashed by its source, whether it is installed or not.
        if _find(top, root) is None
        for distribution in provided.get(top, ())
    }

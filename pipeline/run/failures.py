"""Finds, in what a failing node raised, the one line that says what was wrong."""

import errno
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

# The end of a traceback: `package.module.SomeError: what was wrong`, over one line or several.
_RAISED: Final = re.compile(
    r"^\s*(?P<type>[A-Za-z_][\w.]*(?:Error|Exception)): (?P<message>.+)", re.MULTILINE | re.DOTALL
)
_NEXT_TRACEBACK: Final = re.compile(r"^(?:During handling|The above exception|Traceback)", re.M)
# Beam adds where in its graph the error came up, TensorFlow colours its messages.
_NOISE: Final = re.compile(r"\s*\[while running '.*?'\]|\x1b\[\d*m", re.DOTALL)
_NO_SPACE: Final = re.compile(
    r"No space left on device|database or disk is full|RESOURCE_EXHAUSTED.*space", re.IGNORECASE
)
_OUR_PACKAGES: Final = (
    "components.",
    "movielens.",
    "pipeline.",
    "trainer_module.",
    "transform_module.",
)
_LONGEST_MESSAGE: Final = 600


def describe_failure(error: BaseException, output: Path) -> str:
    """Says in one line why a node failed.

    Beam and TFX wrap what user code raises, often as text only. The innermost error speaks; one of
    the project's own, whose message is written for the user, speaks without its type's name.

    Args:
        error: what the node raised.
        output: the folder that the run writes to, named when the disk is full.
    """
    chain = list(_chain(error))
    if any(_is_disk_full(each) for each in chain):
        return f"disk full: no space left for {output}; free some and run the same command again"
    for each in reversed(chain):
        if type(each).__module__.startswith(_OUR_PACKAGES):
            return _one_line(str(each))
    return _innermost(chain[-1])


def _innermost(error: BaseException) -> str:
    """Looks for a traceback that was turned into text; the first error in it is the cause."""
    text = _NOISE.sub("", str(error))
    raised = _RAISED.search(text)
    if raised is None:
        return _one_line(f"{type(error).__name__}: {text}")
    message = _NEXT_TRACEBACK.split(raised["message"], maxsplit=1)[0]
    if raised["type"].startswith(_OUR_PACKAGES):
        return _one_line(message)
    return _one_line(f"{raised['type'].rpartition('.')[2]}: {message}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        explicit = current.__cause__
        current = explicit or (None if current.__suppress_context__ else current.__context__)


def _is_disk_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return True
    return bool(_NO_SPACE.search(str(error)))


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}..."

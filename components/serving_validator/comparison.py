"""Whether a served answer is the offline one."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from components.serving_validator.report import Finding
from serving.tensors import Array

Outputs = Mapping[str, Array]


def differences(
    subject: str, *, served: Outputs, offline: Outputs, tolerance: float
) -> Iterator[Finding]:
    """Says where a served answer is not a number, or not the offline one.

    Args:
        subject: what was asked.
        served: what the server answered, by output.
        offline: what the same SavedModel says in this process.
        tolerance: how far numbers may be apart. Ids and texts must be the same.
    """
    if served.keys() != offline.keys():
        outputs = (", ".join(sorted(each)) for each in (offline, served))
        yield Finding(subject=subject, expected=next(outputs), received=next(outputs))
        return
    for name, expected in sorted(offline.items()):
        yield from _differences(f"{subject}, output {name}", served[name], expected, tolerance)


def _differences(
    subject: str, served: Array, offline: Array, tolerance: float
) -> Iterator[Finding]:
    if served.shape != offline.shape:
        yield Finding(
            subject=subject, expected=f"shape {offline.shape}", received=f"shape {served.shape}"
        )
        return
    if not np.issubdtype(offline.dtype, np.floating):
        wrong = np.argwhere(served != offline)
        if len(wrong):
            wanted = f"{offline[tuple(wrong[0])]!s}, as offline"
            yield _at(subject, wrong[0], served, wanted)
        return
    not_finite = np.argwhere(~np.isfinite(served))
    if len(not_finite):
        yield _at(subject, not_finite[0], served, "a finite number")
        return
    apart = np.argwhere(~(np.abs(served - offline) <= tolerance))
    if len(apart):
        wanted = f"{offline[tuple(apart[0])]:.7g} within {tolerance:g}, as offline"
        yield _at(subject, apart[0], served, wanted)


def _at(subject: str, place: Any, served: Array, expected: str) -> Finding:
    where = "".join(f"[{index}]" for index in place)
    return Finding(
        subject=f"{subject}{where}", expected=expected, received=f"{served[tuple(place)]}"
    )

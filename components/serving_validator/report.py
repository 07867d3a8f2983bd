"""What the canary found, in words and as a file beside the blessing."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

REPORT_FILE: Final = "canary.json"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong with a candidate.

    Attributes:
        subject: the request, or the part of the SavedModel, that it shows in.
        expected: what a sound candidate would have.
        received: what this one has.
    """

    subject: str
    expected: str
    received: str

    def __str__(self) -> str:
        return f"{self.subject}: expected {self.expected}. Received: {self.received}"


class CandidateError(Exception):
    """The candidate is at fault, in a way that leaves nothing else to try.

    Attributes:
        finding: what is wrong with it.
    """

    def __init__(self, subject: str, *, expected: str, received: object) -> None:
        self.finding = Finding(subject=subject, expected=expected, received=str(received))
        super().__init__(str(self.finding))


@dataclass(frozen=True, kw_only=True)
class CanaryReport:
    """What became of a candidate.

    Attributes:
        findings: all that is wrong; none for a candidate that may be pushed.
        requests: how many were sent.
        p99_ms: milliseconds that 99 of 100 sample requests took at most; None where none was sent.
        memory_mb: resident memory of the server after them, in 10^6 bytes; likewise.
    """

    findings: tuple[Finding, ...] = ()
    requests: int = 0
    p99_ms: float | None = None
    memory_mb: int | None = None

    @property
    def blessed(self) -> bool:
        """Whether the candidate may be pushed."""
        return not self.findings

    def to_json(self) -> str:
        """Returns the report as text for `REPORT_FILE`."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads what `to_json` returned."""
        values = json.loads(text)
        findings = tuple(Finding(**each) for each in values["findings"])
        return cls(**{**values, "findings": findings})


def read_report(folder: Path) -> CanaryReport | None:
    """Reads the report from the folder of a blessing; None where another validator wrote that."""
    path = folder / REPORT_FILE
    return CanaryReport.from_json(path.read_text(encoding="utf-8")) if path.exists() else None

"""What the canary found, in words and as a file beside the blessing."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

REPORT_FILE: Final = "canary.json"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong with a candidate."""

    subject: str  # the request, or the part of the SavedModel, that shows it
    expected: str
    received: str

    def __str__(self) -> str:
        return f"{self.subject}: expected {self.expected}. Received: {self.received}"


class CandidateError(Exception):
    """The candidate has a fault after which nothing else can be tried; see `finding`."""

    def __init__(self, subject: str, *, expected: str, received: object) -> None:
        self.finding = Finding(subject=subject, expected=expected, received=str(received))
        super().__init__(str(self.finding))


@dataclass(frozen=True, kw_only=True)
class CanaryReport:
    """The result of a trial."""

    findings: tuple[Finding, ...] = ()  # all faults; none if the candidate may be pushed
    requests: int = 0  # how many were sent
    # Milliseconds that 99 of 100 sample requests took at most; None if none was sent.
    p99_ms: float | None = None
    # Resident memory of the server after them, in 10^6 bytes; None if none was sent.
    memory_mb: int | None = None

    @property
    def blessed(self) -> bool:
        """Whether the candidate may be pushed."""
        return not self.findings

    def to_json(self) -> str:
        """Returns the text of `REPORT_FILE`."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def read_report(folder: Path) -> CanaryReport | None:
    """Reads the report in the folder of a blessing; None if another validator wrote the folder."""
    path = folder / REPORT_FILE
    if not path.exists():
        return None
    values = json.loads(path.read_text(encoding="utf-8"))
    values["findings"] = tuple(Finding(**each) for each in values["findings"])
    return CanaryReport(**values)

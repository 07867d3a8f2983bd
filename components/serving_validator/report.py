"""What the canary found, in words and as a file beside the blessing."""

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

REPORT_FILE: Final = "canary.json"


class Finding(BaseModel):
    """One thing that is wrong with a candidate."""

    model_config = ConfigDict(frozen=True)

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


class CanaryReport(BaseModel):
    """The result of a trial."""

    model_config = ConfigDict(frozen=True)

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


def read_report(folder: Path) -> CanaryReport | None:
    """Reads the report in the folder of a blessing; None if another validator wrote the folder."""
    path = folder / REPORT_FILE
    return CanaryReport.model_validate_json(path.read_bytes()) if path.exists() else None

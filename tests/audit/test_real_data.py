from pathlib import Path

import pytest

from audit.audits import AUDITS
from audit.subject import subject_of

pytestmark = [pytest.mark.systems, pytest.mark.timeout(1800)]


def test_all_of_the_default_data_pass_every_audit(default_folder: Path, tmp_path: Path) -> None:
    subject = subject_of("temporal", default_folder, tmp_path)
    assert {name: audit(subject) for name, audit in AUDITS.items()} == {name: [] for name in AUDITS}

import json

import pytest

from audit.__main__ import main
from audit.audits import AUDITS

pytestmark = [pytest.mark.systems, pytest.mark.timeout(1800)]


def test_all_of_the_default_data_pass_every_audit(capsys):
    assert main(["--protocol", "temporal"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    findings = {
        event["audit"]: event["violations"] for event in events if event["kind"] == "finding"
    }
    assert findings == {audit: [] for audit in AUDITS}

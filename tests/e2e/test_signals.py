"""Signals at random moments: the run stops, says so, and pushes nothing from then on."""

import dataclasses
import os
import random
import re
import signal
from pathlib import Path

import pytest

from tests.e2e.conftest import Installation

pytestmark = pytest.mark.e2e

# The quickest run there is.
QUICK = (
    "trainer.model=bias",
    "evaluator.slice_by=[]",
    "evaluator.bounds={rmse = 1.3}",
    "canary.enabled=false",
)
LONGEST_SECONDS = 20.0  # a moment after the run has ended is one too
CLOCK_SECONDS = 0.1  # between the clock of the file system and ours
SEED_VARIABLE = "SIGNALS_SEED"


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("moments", [2, pytest.param(40, marks=pytest.mark.systems)])
def test_a_signal_at_any_moment_stops_the_run(first_run, tmp_path: Path, moments: int) -> None:
    seed = os.environ.get(SEED_VARIABLE) or str(random.randrange(10**6))
    moment = random.Random(seed)
    for number in range(moments):
        # What an interrupted run has finished is kept, so that the next one is hit further on.
        fresh = tmp_path / str(sum((tmp_path / str(n) / "pushed").exists() for n in range(number)))
        installation = dataclasses.replace(first_run[0], output=fresh / "output")
        fresh.mkdir(exist_ok=True)
        seconds = moment.uniform(0.0, LONGEST_SECONDS) * moment.random()
        sent = moment.choice((signal.SIGINT, signal.SIGTERM))
        told = f"{SEED_VARIABLE}={seed}, moment {number}: {sent.name} after {seconds:.3f} s"
        check_stopped(installation, sent, seconds, told)
        if installation.versions():
            (fresh / "pushed").touch()
    process = installation.run(*QUICK)
    assert process.returncode == 0, process.stderr


def check_stopped(installation: Installation, sent: int, seconds: float, told: str) -> None:
    """Runs, sends the signal some seconds after the start, and looks at what came of it."""
    before = installation.versions()
    process = installation.run(
        *QUICK,
        kill_at=str(installation.output / "logs" / "run-*.log"),
        kill_after=seconds,
        kill_with=sent,
    )
    told = f"{told}\n{process.stderr}"
    lines, _, rest = process.stderr.partition("signal sent at ")
    if not rest:
        assert process.returncode == 0, told  # it had ended before
        return
    sent_at = float(rest.split(maxsplit=1)[0])
    had_pushed = re.search(r"^Pusher +executed", lines, re.MULTILINE) is not None
    assert process.returncode in ((0, 130) if had_pushed else (130,)), told
    assert "Traceback" not in process.stderr, told
    for version in set(installation.versions()) - set(before):
        folder = installation.output / "serving_model" / "movielens" / str(version)
        assert folder.stat().st_ctime < sent_at + CLOCK_SECONDS, told
    if process.returncode == 130:
        assert "error: interrupted" in process.stderr, told
        assert installation.outcome()["status"] == "interrupted", told

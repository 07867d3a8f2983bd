"""Signals at random moments: the run stops, says so, and pushes nothing from then on."""

import os
import random
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import QUICK, Installation
from tests.support.forked_runs import ForkedRuns

pytestmark = pytest.mark.e2e

LONGEST_SECONDS = 20.0  # a moment after the run has ended is one too
CLOCK_SECONDS = 0.1  # between the clock of the file system and ours
SEED_VARIABLE = "SIGNALS_SEED"


def test_a_signal_stops_a_run_that_goes_on_from_finished_nodes(installation: Installation) -> None:
    check_moments(1, lambda _: installation)
    process = installation.run(*QUICK)
    assert process.returncode == 0, process.stderr


@pytest.mark.systems
@pytest.mark.timeout(3600)
def test_a_signal_at_any_moment_stops_the_run(
    source: Path, ratings_folder: Path, forked: ForkedRuns, tmp_path: Path
) -> None:
    def next_installation(pushed: int) -> Installation:
        """What an interrupted run has finished is kept, so that the next one is hit further on."""
        (tmp_path / str(pushed)).mkdir(exist_ok=True)
        return Installation(source, tmp_path / str(pushed) / "output", ratings_folder, forked)

    last = check_moments(40, next_installation)
    process = last.run(*QUICK)
    assert process.returncode == 0, process.stderr


def check_moments(count: int, installation_after: Callable[[int], Installation]) -> Installation:
    """Interrupts runs at random moments.

    Args:
        count: How many.
        installation_after: Takes how many runs have pushed a version, and returns the installation
            for the next run.
    """
    seed = os.environ.get(SEED_VARIABLE) or str(random.randrange(10**6))
    moment, pushed = random.Random(seed), 0
    for number in range(count):
        installation = installation_after(pushed)
        before = installation.versions()
        seconds = moment.uniform(0.0, LONGEST_SECONDS) * moment.random()
        sent = moment.choice((signal.SIGINT, signal.SIGTERM))
        told = f"{SEED_VARIABLE}={seed}, moment {number}: {sent.name} after {seconds:.3f} s"
        check_stopped(installation, sent, seconds, told)
        pushed += installation.versions() != before
    return installation


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

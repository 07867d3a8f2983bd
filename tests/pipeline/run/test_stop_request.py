import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.run import stop_request
from pipeline.run.stop_request import StopRequest

ROOT = Path(__file__).parents[3]
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def stop() -> Iterator[StopRequest]:
    with StopRequest() as stop:
        yield stop


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_interrupts_and_is_noted(stop: StopRequest, number: int) -> None:
    stop.check()
    with pytest.raises(KeyboardInterrupt):
        send(number)
    assert stop.is_requested
    with pytest.raises(KeyboardInterrupt):
        stop.check()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_is_noted_where_python_drops_the_interrupt(stop: StopRequest) -> None:
    class Anything:
        pass

    anything = Anything()
    reference = weakref.ref(anything, lambda _: send(signal.SIGINT))
    del anything
    assert reference() is None
    assert stop.is_requested


def test_a_signal_soon_after_the_first_is_the_same_request(stop: StopRequest) -> None:
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGTERM)
    send(signal.SIGTERM)  # as GNU timeout does
    send(signal.SIGINT)


def test_once_the_work_is_done_there_is_nothing_to_stop(stop: StopRequest) -> None:
    stop.finish()
    send(signal.SIGTERM)
    stop.check()
    assert not stop.is_requested


def test_the_handlers_of_before_are_put_back() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with StopRequest():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_scheduler_s_own_handler_is_called_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def handler(_number: int, _frame: object) -> None:
        raise TimeoutError("the task was killed")

    before = signal.signal(signal.SIGTERM, handler)
    try:
        with StopRequest() as stop, pytest.raises(TimeoutError, match="the task was killed"):
            send(signal.SIGTERM)
        assert stop.is_requested
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with StopRequest() as stop:
            send(signal.SIGINT)
        assert not stop.is_requested
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_ends_the_process_at_once(number: int) -> None:
    code = (
        "import os, sys\n"
        "from pipeline.run import stop_request\n"
        "stop_request._ECHO_SECONDS = 0.0\n"
        "with stop_request.StopRequest():\n"
        "    for _ in range(2):\n"
        "        try:\n"
        "            os.kill(os.getpid(), int(sys.argv[1]))\n"
        "        except KeyboardInterrupt:\n"
        "            print('interrupted', flush=True)\n"
        "print('went on')\n"
    )
    assert hasattr(stop_request, "_ECHO_SECONDS")
    done = subprocess.run(
        [sys.executable, "-c", code, str(int(number))],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("interrupted\n", -number)

import random

import pytest

from serving.client import RetryPolicy


class Largest(random.Random):
    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


def test_pauses_double_up_to_the_longest() -> None:
    policy = RetryPolicy(attempts=6, first_pause_seconds=0.1, longest_pause_seconds=0.5)
    assert list(policy.pauses(Largest())) == [0.1, 0.2, 0.4, 0.5, 0.5]


def test_single_attempt_has_no_pause() -> None:
    assert list(RetryPolicy(attempts=1).pauses(random.Random(0))) == []


def test_two_clients_do_not_pause_alike() -> None:
    policy = RetryPolicy()
    assert list(policy.pauses(random.Random(1))) != list(policy.pauses(random.Random(2)))


def test_no_attempt_is_refused() -> None:
    with pytest.raises(ValueError, match="Received: 0"):
        RetryPolicy(attempts=0)


def test_first_pause_above_the_longest_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Received: 3.0 and 2.0"):
        RetryPolicy(first_pause_seconds=3.0)

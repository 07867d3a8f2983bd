"""When to ask again: only where nobody answered, after a growing and random pause."""

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Exponential backoff with full jitter.

    A call is repeated on UNAVAILABLE alone: nothing was answered, so nothing is lost by asking
    again. Any other failure would fail again or has used up the caller's time.

    Attributes:
        attempts: calls at most, the first one included.
        first_pause_seconds: upper bound of the pause before the second attempt.
        longest_pause_seconds: upper bound of every pause.
    """

    attempts: int = 4
    first_pause_seconds: float = 0.1
    longest_pause_seconds: float = 2.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts must be at least 1. Received: {self.attempts}")
        if not 0 < self.first_pause_seconds <= self.longest_pause_seconds:
            raise ValueError(
                "first_pause_seconds must be positive and at most longest_pause_seconds. Received: "
                f"{self.first_pause_seconds} and {self.longest_pause_seconds}"
            )

    def pauses(self, random_source: random.Random) -> Iterator[float]:
        """The pauses between the attempts, in seconds, each drawn uniformly from zero to its bound.

        >>> policy = RetryPolicy(attempts=3, first_pause_seconds=1.0, longest_pause_seconds=1.5)
        >>> first, second = policy.pauses(random.Random(0))
        >>> 0 <= first <= 1.0 and 0 <= second <= 1.5
        True
        """
        bound = self.first_pause_seconds
        for _ in range(self.attempts - 1):
            yield random_source.uniform(0, bound)
            bound = min(2 * bound, self.longest_pause_seconds)

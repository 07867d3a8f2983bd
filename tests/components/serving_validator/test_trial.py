from collections.abc import Iterator

import grpc
import pytest

from components.serving_validator.report import CandidateError
from components.serving_validator.requests import CanaryRequest, sample_requests
from components.serving_validator.trial import Trial
from tests.components.serving_validator.toy_candidates import eval_rows


@pytest.fixture
def request_to_nobody() -> CanaryRequest:
    return next(sample_requests(eval_rows(1)))


@pytest.fixture
def trial() -> Iterator[Trial]:
    """A trial of a server that is not there."""
    with grpc.insecure_channel("localhost:1", options=[("grpc.enable_http_proxy", 0)]) as channel:
        yield Trial(channel, tolerance=0.0, ranking=lambda _request, _answer: None)


def test_a_server_that_is_gone_is_told_with_the_request(
    trial: Trial, request_to_nobody: CanaryRequest
) -> None:
    message = "serving_default of user 1's rating of movie 10: expected an answer.*UNAVAILABLE"
    with pytest.raises(CandidateError, match=message):
        trial.ask(request_to_nobody, {})
    assert trial.asked == 1
    assert trial.findings == ()

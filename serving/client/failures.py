"""Failed calls as typed errors that say what to do."""

from typing import Final

import grpc

from serving.errors import (
    DeadlineExceededError,
    InvalidRequestError,
    ModelNotFoundError,
    RequestError,
    ServerFailureError,
    ServerUnavailableError,
)


def explained(
    code: grpc.StatusCode, details: str | None, *, target: str, model_name: str, timeout: float
) -> RequestError:
    """The error of a failed call.

    Args:
        code: the status of the call.
        details: the server's or gRPC's message.
        target: the server asked.
        model_name: the model asked.
        timeout: the seconds that the call was given.
    """
    if code is grpc.StatusCode.UNAVAILABLE:
        return ServerUnavailableError(
            f"No model server answers at {target}: {details}. Start one with "
            "`movielens serve`, or name another target.",
            code=code,
            target=target,
        )
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlineExceededError(
            f"The model server at {target} did not answer within {timeout:g} s. Allow "
            "more time, or ask for fewer users at once.",
            code=code,
            target=target,
        )
    kind, remedy = _KINDS.get(code, (ServerFailureError, "See the server's log."))
    return kind(
        f"The model server at {target} answered {code.name} for model {model_name}: "
        f"{details}. {remedy}",
        code=code,
        target=target,
    )


_KINDS: Final[dict[grpc.StatusCode, tuple[type[RequestError], str]]] = {
    grpc.StatusCode.NOT_FOUND: (
        ModelNotFoundError,
        "Check the model's name and version; `model_status` tells what is served.",
    ),
    grpc.StatusCode.FAILED_PRECONDITION: (
        ModelNotFoundError,
        "The model served is not the recommender, or an older one: push a current version.",
    ),
    grpc.StatusCode.RESOURCE_EXHAUSTED: (
        ServerFailureError,
        "Ask for fewer users at once, or again when the server is less busy.",
    ),
    grpc.StatusCode.INVALID_ARGUMENT: (
        InvalidRequestError,
        "The model served does not take this request: client and model may be of different "
        "versions.",
    ),
}

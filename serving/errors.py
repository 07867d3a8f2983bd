"""What can go wrong when a recommender is asked over the network.

Every message says what was wrong, what was received and how to mend it.
"""

import grpc


class ServingError(Exception):
    """Base of everything this package raises on purpose."""


class MissingDependencyError(ServingError):
    """A package that this one needs is not installed."""


class ServerStartError(ServingError):
    """A model server could not be started; its process ends with `exit_code`."""

    exit_code = 1


class ModelNotLoadedError(ServerStartError):
    """A model server ran, and the model that it was given could not be loaded."""

    exit_code = 3


class CorruptRecordsError(ServingError):
    """A TFRecord file is cut or corrupt, or is none."""


class UnexpectedAnswerError(ServingError):
    """The model answered, but not with the outputs of a recommender."""


class CatalogueError(ServingError):
    """The catalogue of movies cannot be read or does not answer the question."""


class UnknownTitleError(CatalogueError):
    """No movie of the catalogue has this title."""


class AmbiguousTitleError(CatalogueError):
    """Several movies of the catalogue have this title."""


class RequestError(ServingError):
    """A request failed."""

    def __init__(self, message: str, *, code: grpc.StatusCode, target: str) -> None:
        super().__init__(message)
        self.code = code  # the gRPC status of the failure
        self.target = target  # the server asked, `host:port`


class ServerUnavailableError(RequestError):
    """Nobody answers at the target, even after the retries."""


class DeadlineExceededError(RequestError):
    """The answer took longer than the timeout."""


class ModelNotFoundError(RequestError):
    """The server answers, but has no such model, version or signature."""


class InvalidRequestError(RequestError):
    """The server read the request and refused it."""


class ServerFailureError(RequestError):
    """The server failed while answering."""

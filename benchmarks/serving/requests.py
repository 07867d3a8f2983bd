"""The requests that the clients send, always the same."""

import random
from pathlib import Path
from typing import Final

from serving import contract
from serving.client import DEFAULT_MODEL_NAME, RatedMovie, messages
from serving.client.catalogue import Catalogue, newest_catalogue
from serving.client.connection import ModelAddress, RetryPolicy

_HISTORY: Final = 20
_CANDIDATES: Final = 100
_COUNT: Final = 10


def request_of(signature_name: str, model_base_path: Path) -> bytes:
    """A serialized request of one user, drawn from the model's catalogue, always the same."""
    path = newest_catalogue(model_base_path)
    if path is None:
        raise SystemExit(f"No pushed model in {model_base_path}: name another --model_base_path.")
    movie_ids = [movie.movie_id for movie in Catalogue.read(path)]
    drawn = random.Random(1).sample(movie_ids, min(_HISTORY + _CANDIDATES, len(movie_ids)))  # noqa: S311
    history = [[RatedMovie(movie_id=i, rating=4.0) for i in drawn[:_HISTORY]]]
    inputs = {
        contract.RECOMMEND: lambda: messages.recommend_inputs(history, k=_COUNT, exclude=None),
        contract.RATE: lambda: messages.rate_inputs(history, [drawn[_HISTORY:]]),
        contract.SIMILAR: lambda: messages.similar_inputs(drawn[:1], k=_COUNT),
    }[signature_name]()
    address = ModelAddress(
        target="unused",
        model_name=DEFAULT_MODEL_NAME,
        version=None,
        timeout=1.0,
        retry=RetryPolicy(),
    )
    return bytes(address.predict_request(signature_name, inputs).SerializeToString())

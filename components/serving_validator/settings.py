"""What the canary asks of a candidate before it may be pushed."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

_POSITIVE: Final = ("requests", "max_p99_ms", "max_memory_mb", "max_load_seconds")


@dataclass(frozen=True, kw_only=True)
class CanarySettings:
    """Section `[canary]`.

    Attributes:
        enabled: whether a candidate is tried before it is pushed.
        validator: who tries it. `serving`: our own server, in a process beside the pipeline, whose
            answers are compared with those of the same SavedModel in the pipeline's process.
            `infra`: TFX's InfraValidator, which starts `image` as a pod and only sees whether it
            answers; for pipelines that run in a Kubernetes cluster.
        requests: eval ratings that requests are made of, one a signature each. With `infra`, the
            number of requests to `serving_default`.
        tolerance: how far a served number may be from the offline one. Scores of lists are rounded
            to 4e-6 (`trainer_module.export.ranking.on_the_grid`): less than twice that may refuse a
            sound model.
        max_p99_ms: milliseconds that 99 of 100 requests may take, asked one after the other. Some
            5 ms are usual; the default is so much more that a machine busy with other work does not
            trip over it, and a model that computes something it should have kept does. Lower it
            where the canary has a machine to itself.
        max_memory_mb: resident memory that the server may take once it has answered, in 10^6 bytes.
            About 500 on the default data; likewise generous.
        max_load_seconds: how long the server may take to start, to load the model and to answer its
            warm-up requests. Some 10 on the default data; likewise generous.
        image: the TensorFlow Serving that `infra` starts, `name:tag`; the one that `deploy/` serves
            with.
    """

    enabled: bool = True
    validator: Literal["serving", "infra"] = "serving"
    requests: int = 40
    tolerance: float = 1e-5
    max_p99_ms: float = 5000.0
    max_memory_mb: int = 4000
    max_load_seconds: float = 300.0
    image: str = "tensorflow/serving:2.19.1"

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} should be positive. Received: {getattr(self, name)}")
        if not (math.isfinite(self.tolerance) and self.tolerance >= 0):
            raise ValueError(f"tolerance should be 0 or more. Received: {self.tolerance}")
        name, _, tag = self.image.rpartition(":")
        if not name or not tag:
            raise ValueError(f"image should be name:tag. Received: {self.image!r}")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON values of which `CanarySettings(**...)` makes the settings anew."""
        return asdict(self)

"""What the canary asks of a candidate before it may be pushed."""

from typing import Annotated, Literal

from pydantic import Field

from movielens.section import Count, Positive, Section, matching


class CanarySettings(Section):
    """What a server has to show of a candidate before it is pushed."""

    enabled: bool = Field(True, description="Whether a candidate is tried before it is pushed.")
    validator: Literal["serving", "infra"] = Field(
        "serving",
        description="Who tries it. `serving`: our own server, in a process beside the pipeline, "
        "whose answers are compared with those of the same SavedModel in the pipeline's process. "
        "`infra`: TFX's InfraValidator, which starts `image` as a pod and only sees whether it "
        "answers; for pipelines that run in a Kubernetes cluster.",
    )
    requests: Count = Field(
        40,
        description="Eval ratings that requests are made of, one for each signature. With "
        "`infra`, the number of requests to `serving_default`.",
    )
    tolerance: Annotated[float, Field(ge=0)] = Field(
        1e-5,
        description="How far a served number may be from the offline one. Scores of lists are "
        "rounded to 4e-6, so less than twice that may refuse a sound model.",
    )
    max_p99_ms: Positive = Field(
        5000.0,
        description="Milliseconds that 99 of 100 requests may take, asked one after the other. "
        "About 5 ms are usual. The default is so much more that a machine busy with other work "
        "does not trip over it, while a model that computes something it should have kept does. "
        "Lower it if the canary has a machine to itself.",
    )
    max_memory_mb: Count = Field(
        4000,
        description="Resident memory that the server may take once it has answered, in 10^6 "
        "bytes. About 500 on the default data.",
    )
    max_load_seconds: Positive = Field(
        300.0,
        description="Time that the server may take to start, to load the model and to answer its "
        "warm-up requests. About 10 seconds on the default data.",
    )
    image: Annotated[str, matching(".+:[^:]+", "name:tag")] = Field(
        "tensorflow/serving:2.19.1",
        description="The image of TensorFlow Serving that `infra` starts. The default is the one "
        "that deploy/ serves with.",
    )

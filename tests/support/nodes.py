"""The nodes of the default pipeline, in the order in which a local run goes through them."""

NODES = (
    "CuratedSchema",
    "MovieLensExampleGen",
    "StatisticsGen",
    "ExampleValidator",
    "AnomalyGate",
    "Transform",
    "Trainer",
    "BaselineResolver",
    "ServingValidator",
    "Evaluator",
    "Pusher",
    "RunReport",
)
FIRST_NODES = NODES[:2]  # nothing comes before them

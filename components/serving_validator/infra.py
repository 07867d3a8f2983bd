"""TFX's InfraValidator in place of the canary, with the same settings."""

import math

import tfx.components
import tfx.types
from tfx.proto import infra_validator_pb2

from components.serving_validator.settings import CanarySettings
from serving.contract import SERVING_DEFAULT
from transform_module import features


def infra_validator(
    model: tfx.types.BaseChannel,
    examples: tfx.types.BaseChannel,
    *,
    settings: CanarySettings,
    model_name: str,
) -> tfx.components.InfraValidator:
    """Declares a node that starts the real TensorFlow Serving as a pod and asks it.

    Requests are made of the examples' eval split. `model_name` is the name that it serves.
    """
    image, _, tag = settings.image.rpartition(":")
    return tfx.components.InfraValidator(
        model=model,
        examples=examples,
        serving_spec=infra_validator_pb2.ServingSpec(
            tensorflow_serving=infra_validator_pb2.TensorFlowServing(image_name=image, tags=[tag]),
            kubernetes=infra_validator_pb2.KubernetesConfig(),
            model_name=model_name,
        ),
        request_spec=infra_validator_pb2.RequestSpec(
            # The only signature that it can ask: one whose one input takes tf.Examples.
            tensorflow_serving=infra_validator_pb2.TensorFlowServingRequestSpec(
                signature_names=[SERVING_DEFAULT]
            ),
            split_name=features.SPLIT_EVAL,
            num_examples=settings.requests,
        ),
        validation_spec=infra_validator_pb2.ValidationSpec(
            max_loading_time_seconds=math.ceil(settings.max_load_seconds)
        ),
    )

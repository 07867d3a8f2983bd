import grpc
import pytest


@pytest.mark.parametrize(
    "method",
    [
        "PredictionService/Classify",
        "PredictionService/Regress",
        "PredictionService/MultiInference",
        "ModelService/HandleReloadConfigRequest",
    ],
)
def test_method_that_only_tensorflow_serving_has_is_unimplemented(
    channel: grpc.Channel, method: str
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(f"/tensorflow.serving.{method}")(b"", timeout=20)  # type: ignore[arg-type]
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED

"""HandleReloadConfigRequest: configurations that are refused, and so change nothing."""

import grpc
import pytest
from google.protobuf import text_format

from serving.protos import model_management_pb2

MODEL = 'name: "m" base_path: "/m" model_platform: "tensorflow"'


@pytest.mark.parametrize(
    ("config", "code", "message"),
    [
        (
            "custom_model_config {}",
            "INVALID_ARGUMENT",
            "ServerModelConfig type not supported by HandleReloadConfigRequest. Only "
            "ModelConfigList is currently supported",
        ),
        (
            f"model_config_list {{ config {{ {MODEL} }} config {{ {MODEL} }} }}",
            "INVALID_ARGUMENT",
            "Illegal to list model m multiple times in config list",
        ),
        (
            'model_config_list { config { name: "m" base_path: "m" model_platform: "x" } }',
            "INVALID_ARGUMENT",
            "Expected model m to have an absolute path or URI; got base_path()=m",
        ),
        (
            'model_config_list { config { name: "movielens" base_path: "/m" } }',
            "INVALID_ARGUMENT",
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            "ModelServerConfig::model_platform, model name is movielens",
        ),
        (
            'model_config_list { config { name: "movielens" base_path: "/" model_platform: "x" } }',
            "INVALID_ARGUMENT",
            "Illegal to change a model's platform. For model movielens platform was tensorflow "
            "and new platform requested is x",
        ),
        (
            f'model_config_list {{ config {{ {MODEL} version_labels {{ key: "a" value: 2 }} }} }}',
            "FAILED_PRECONDITION",
            "Request to assign label to version 2 of model m, which is not currently available "
            "for inference",
        ),
    ],
)
def test_configuration_is_refused(models, config, code, message):
    request = model_management_pb2.ReloadConfigRequest()
    text_format.Parse(config, request.config)
    with pytest.raises(grpc.RpcError) as caught:
        models.HandleReloadConfigRequest(request, timeout=20)
    assert (caught.value.code().name, caught.value.details()) == (code, message)

from pathlib import Path

import pytest
from google.protobuf import text_format

from serving.protos import model_server_config_pb2
from serving.server.models.versions import configured_models
from serving.server.status import StatusError


def config(text: str) -> model_server_config_pb2.ModelServerConfig:
    return text_format.Parse(text, model_server_config_pb2.ModelServerConfig())


def model(fields: str = 'name: "m" base_path: "/m" model_platform: "tensorflow"') -> str:
    return f"config {{ {fields} }}"


def listed(*models: str) -> model_server_config_pb2.ModelServerConfig:
    return config(f"model_config_list {{ {' '.join(models)} }}")


def test_name_folder_policy_and_labels_are_taken() -> None:
    base = 'name: "m" base_path: "file:///models/m" model_platform: "tensorflow"'
    policy = "model_version_policy { latest { num_versions: 3 } }"
    labels = 'version_labels { key: "stable" value: 7 }'
    (source,) = configured_models(listed(model(f"{base} {policy} {labels}")), allow_labels=True)
    assert (source.name, source.base_path) == ("m", Path("/models/m"))
    assert source.policy.latest.num_versions == 3
    assert source.labels == {"stable": 7}


def test_deprecated_model_type_is_taken() -> None:
    fields = 'name: "m" base_path: "/m" model_type: TENSORFLOW'
    (source,) = configured_models(listed(model(fields)))
    assert source.policy.WhichOneof("policy_choice") is None


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ([model(), model()], "Illegal to list model m multiple times in config list"),
        (
            [model('name: "m" base_path: "m" model_platform: "tensorflow"')],
            "Expected model m to have an absolute path or URI; got base_path()=m",
        ),
        (
            [model('name: "m" base_path: "/m"')],
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            "ModelServerConfig::model_platform, model name is m",
        ),
        (
            [model('name: "m" base_path: "/m" model_platform: "caffe"')],
            "Model m requests unsupported platform caffe",
        ),
        (
            [model('name: "m" base_path: "/m" model_platform: "tensorflow" logging_config {}')],
            "No request-logger-creator provided. Take the logging_config of model m out: clients "
            "can log requests, this server and tensorflow/serving cannot",
        ),
    ],
)
def test_bad_configuration_is_refused(models: list[str], message: str) -> None:
    with pytest.raises(StatusError) as caught:
        configured_models(listed(*models))
    assert caught.value.code.name == "INVALID_ARGUMENT"
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "received"), [("custom_model_config {}", "custom_model_config"), ("", "None")]
)
def test_configuration_without_a_list_of_models_is_refused(text: str, received: str) -> None:
    with pytest.raises(StatusError, match=f"with a model_config_list. Received: {received}"):
        configured_models(config(text))

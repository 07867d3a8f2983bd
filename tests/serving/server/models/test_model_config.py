from pathlib import Path

import pytest
from google.protobuf import text_format

from serving.protos import model_server_config_pb2
from serving.server.models.model_config import checked_configuration, read_model_config
from serving.server.models.versions import (
    AllVersions,
    LatestVersions,
    ModelSource,
    SpecificVersions,
)
from serving.server.status import StatusError


def config(text):
    return text_format.Parse(text, model_server_config_pb2.ModelServerConfig())


def model(fields='name: "m" base_path: "/m" model_platform: "tensorflow"'):
    return f"config {{ {fields} }}"


def listed(*models):
    return config(f"model_config_list {{ {' '.join(models)} }}")


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("", LatestVersions(count=1)),
        ("model_version_policy { latest { num_versions: 3 } }", LatestVersions(count=3)),
        (
            "model_version_policy { specific { versions: 4 versions: 2 } }",
            SpecificVersions(versions=frozenset({2, 4})),
        ),
    ],
)
def test_version_policy_is_taken(policy, expected):
    base = 'name: "m" base_path: "/models/m" model_platform: "tensorflow"'
    checked = checked_configuration(listed(model(f"{base} {policy}")))
    assert checked.sources == (ModelSource(name="m", base_path=Path("/models/m"), policy=expected),)


def test_all_versions_can_be_wanted():
    fields = 'name: "m" base_path: "/m" model_type: TENSORFLOW model_version_policy { all {} }'
    (source,) = checked_configuration(listed(model(fields))).sources
    assert isinstance(source.policy, AllVersions)


def test_labels_are_taken():
    base = 'name: "m" base_path: "file:///m" model_platform: "tensorflow"'
    labels = 'version_labels { key: "stable" value: 7 }'
    checked = checked_configuration(listed(model(f"{base} {labels}")))
    assert checked.labels == {"m": {"stable": 7}}
    assert checked.sources[0].base_path == Path("/m")


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
            [model('name: "m" base_path: "/m" model_type: TENSORFLOW model_platform: "x"')],
            "Illegal setting both ModelServerConfig::model_type (deprecated) and "
            "ModelServerConfig::model_platform.",
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
def test_bad_configuration_is_refused(models, message):
    with pytest.raises(StatusError) as caught:
        checked_configuration(listed(*models))
    assert caught.value.code.name == "INVALID_ARGUMENT"
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "received"), [("custom_model_config {}", "custom_model_config"), ("", "None")]
)
def test_configuration_without_a_list_of_models_is_refused(text, received):
    with pytest.raises(StatusError, match=f"with a model_config_list. Received: {received}"):
        checked_configuration(config(text))


@pytest.mark.parametrize("text", [None, "model_config_list { nonsense: 1 }"])
def test_file_that_cannot_be_read_is_named(tmp_path, text):
    path = tmp_path / "models.config"
    if text is not None:
        path.write_text(text)
    with pytest.raises(StatusError, match=f"Cannot read the model config file {path}: "):
        read_model_config(path)

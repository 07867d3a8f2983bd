from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.config.kubeflow import KubeflowConfig, Resources
from pipeline.errors import UsageError

CONFIGS = Path(__file__).parents[3] / "configs"


def test_the_shipped_configuration_is_valid_and_its_section_the_default() -> None:
    config = load_config(CONFIGS / "kubeflow.toml")
    assert config.kubeflow.image == "registry.example.org/movielens:0.1.0"
    assert load_config(overrides=[f"kubeflow.image={config.kubeflow.image}"]).kubeflow == (
        config.kubeflow
    )


def test_a_node_has_its_own_resources_or_everybody_s() -> None:
    config = load_config(
        overrides=["kubeflow.resources.cpu='500m'", "kubeflow.nodes={Trainer = {memory = '16Gi'}}"]
    ).kubeflow
    assert config.resources_of("Trainer") == Resources(cpu="1", memory="16Gi")
    assert config.resources_of("Pusher") == Resources(cpu="500m", memory="4Gi")


def test_without_a_section_nothing_asks_for_an_image() -> None:
    assert KubeflowConfig().image is None


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("kubeflow.imag=x", r"`kubeflow\.imag`; did you mean `kubeflow\.image`\?"),
        ("kubeflow.image='a b'", r"image` should be a name with a tag\. Received: 'a b'"),
        ("kubeflow.volume_claim=My_Claim", r"volume_claim` should be .*'My_Claim'"),
        ("kubeflow.mount_path=data", r"mount_path` should be an absolute path.*'data'"),
        ("kubeflow.mount_path='/'", r"mount_path` should be an absolute path.*'/'"),
        ("kubeflow.pipeline_root=/tmp", r"pipeline_root` should be a path of gs://.*'/tmp'"),
        ("kubeflow.resources.cpu=two", r"`kubeflow\.resources\.cpu` should be .*'two'"),
        ("kubeflow.resources.memory='8 GB'", r"memory` should be .*'8 GB'"),
        ("kubeflow.nodes={Trainer = {gpu = '1'}}", r"`kubeflow\.nodes\.Trainer\.gpu`"),
        ("kubeflow.nodes={Traner = {}}", r"nodes\.Traner`; did you mean `.*nodes\.Trainer`\?"),
    ],
)
def test_a_wrong_option_says_what_is_wrong(override: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_config(overrides=[override])

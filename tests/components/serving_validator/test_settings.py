from pathlib import Path
from typing import Any

import pytest
import yaml

from components.serving_validator.settings import CanarySettings

COMPOSE = Path(__file__).parents[3] / "deploy" / "docker-compose.yaml"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"requests": 0}, r"requests\n.* greater than or equal to 1 .*=0"),
        ({"max_p99_ms": -1.0}, r"max_p99_ms\n.* greater than 0 .*=-1\.0"),
        ({"max_memory_mb": 0}, r"max_memory_mb\n.* greater than or equal to 1 .*=0"),
        ({"max_load_seconds": 0.0}, r"max_load_seconds\n.* greater than 0 .*=0\.0"),
        ({"tolerance": float("nan")}, r"tolerance\n.* finite number .*=nan"),
        ({"tolerance": -1e-9}, r"tolerance\n.* greater than or equal to 0 .*=-1e-09"),
        ({"image": "tensorflow/serving"}, r"image\n.*'tensorflow/serving'"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CanarySettings(**setting)


def test_settings_survive_json() -> None:
    settings = CanarySettings(requests=7, validator="infra")
    assert CanarySettings.model_validate_json(settings.model_dump_json()) == settings


def test_the_image_is_the_one_that_production_serves_with() -> None:
    (service,) = yaml.safe_load(COMPOSE.read_text())["services"].values()
    assert CanarySettings().image == service["image"]

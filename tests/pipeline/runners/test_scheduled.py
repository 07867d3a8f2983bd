from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.runners.scheduled import CONFIG_VARIABLE, scheduled_config


def test_the_environment_names_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "movielens.toml"
    file.write_text(f'[pipeline]\noutput = "{tmp_path}"\n[schedule]\ncron = "5 4 * * 0"\n')
    assert scheduled_config({CONFIG_VARIABLE: str(file)}).schedule.cron == "5 4 * * 0"


def test_a_configuration_that_is_not_named_is_asked_for() -> None:
    with pytest.raises(UsageError, match=f"variable {CONFIG_VARIABLE} should name"):
        scheduled_config({})


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("pipeline", "output"),
        ("data", "input_base"),
        ("metadata", "path"),
        ("serving", "base_directory"),
        ("alerts", "metrics_file"),
    ],
)
def test_a_path_that_depends_on_the_working_directory_is_refused(
    tmp_path: Path, section: str, key: str
) -> None:
    settings = {"pipeline": {"output": str(tmp_path)}}
    settings.setdefault(section, {})[key] = "some/place.prom"
    lines = [
        line
        for name, values in settings.items()
        for line in (f"[{name}]", *(f'{each} = "{value}"' for each, value in values.items()))
    ]
    file = tmp_path / "movielens.toml"
    file.write_text("\n".join(lines))
    with pytest.raises(UsageError, match=rf"`{section}\.{key}`.*absolute.*'some/place.prom'"):
        scheduled_config({CONFIG_VARIABLE: str(file)})

import pickle
from typing import Any

import pytest

from components.evaluator.settings import EvaluatorSettings


def test_defaults_demand_a_gain_over_the_bias_baseline() -> None:
    bounds = EvaluatorSettings().bounds
    assert 0 < bounds["rmse_gain_over_bias"] < 1e-3
    assert bounds["rmse"] == 1.0
    assert bounds["auc"] == 0.70
    assert bounds["ndcg_normal"] == 0.60


def test_a_table_of_the_configuration_file_is_read() -> None:
    settings = EvaluatorSettings.model_validate(
        {
            "slice_by": ["genres"],
            "bounds": {"rmse": 1},
            "slice_bounds": {"genres=Sci-Fi": {"auc": 0.6}},
            "max_regression": {},
        }
    )
    assert settings.slice_by == ("genres",)
    assert dict(settings.bounds) == {"rmse": 1.0}
    assert dict(settings.slice_bounds["genres=Sci-Fi"]) == {"auc": 0.6}
    assert not settings.max_regression


def test_settings_cannot_be_changed() -> None:
    settings = EvaluatorSettings()
    with pytest.raises(ValueError, match="frozen"):
        settings.bounds = {}  # type: ignore[misc]


def test_settings_go_through_a_dictionary_and_a_pickle() -> None:
    settings = EvaluatorSettings(bounds={"mae": 0.7})
    assert EvaluatorSettings.model_validate(settings.model_dump()) == settings
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own bytes


def test_the_callers_table_is_not_shared() -> None:
    bounds = {"rmse": 1.0}
    settings = EvaluatorSettings(bounds=bounds)
    bounds["rmse"] = 9.0
    assert settings.bounds["rmse"] == 1.0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"bound": {}}, r"bound\n  Extra inputs are not permitted"),
        ({"bounds": {"rsme": 1.0}}, r"bounds\.rsme\.\[key\]\n.* should be 'example_count', 'rmse'"),
        ({"bounds": {}}, "at least one metric: TFX never blesses"),
        ({"bounds": {"rmse": "1"}}, r"bounds\.rmse\n.* valid number .*='1'"),
        ({"bounds": {"rmse": True}}, r"bounds\.rmse\n.* valid number .*=True"),
        ({"bounds": {"rmse": float("nan")}}, r"bounds\.rmse\n.* finite number .*=nan"),
        ({"bounds": ["rmse"]}, r"bounds\n.*\['rmse'\]"),
        ({"slice_by": "genres"}, r"slice_by\n.*='genres'"),
        ({"slice_by": ["genres", "genres"]}, r"distinct.*\['genres', 'genres'\]"),
        ({"slice_bounds": {"cold": {"rmse": 1.0}}}, r"feature=value.*Received: 'cold'"),
        ({"slice_by": 3}, r"slice_by\n.*=3"),
        ({"slice_bounds": ["cold"]}, r"slice_bounds\n.*\['cold'\]"),
        ({"slice_by": [""]}, "all rows together are always measured"),
        ({"slice_by": ["genres"]}, r"user_activity=cold'\] bounds a slice that isn't measured"),
        ({"slice_bounds": {"decade=1990s": {"rmse": 1.0}}}, r"Add 'decade' to it"),
        ({"slice_bounds": {"genres=War": {"ndcg_normal": 0.5}}}, r"ndcg_normal, which could never"),
        ({"slice_bounds": {"genres=War": 1.0}}, r"slice_bounds\.genres=War\n.*=1\.0"),
        ({"max_regression": {"rmse": -0.1}}, r"max_regression\.rmse\n.* equal to 0 .*=-0\.1"),
    ],
)
def test_a_bad_setting_is_named(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EvaluatorSettings.model_validate(table)


def test_rankings_can_be_bounded_where_users_are_whole() -> None:
    settings = EvaluatorSettings(slice_bounds={"user_activity=cold": {"ndcg_normal": 0.5}})
    assert settings.slice_bounds["user_activity=cold"]["ndcg_normal"] == 0.5

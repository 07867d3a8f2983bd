import dataclasses
import pickle

import pytest

from components.evaluator.settings import EvaluatorSettings


def test_defaults_demand_a_gain_over_the_bias_baseline():
    bounds = EvaluatorSettings().bounds
    assert 0 < bounds["rmse_gain_over_bias"] < 1e-3
    assert bounds["rmse"] == 1.0
    assert bounds["auc"] == 0.70
    assert bounds["ndcg_normal"] == 0.60


def test_a_table_of_the_configuration_file_is_read():
    settings = EvaluatorSettings.from_dict(
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


def test_settings_cannot_be_changed():
    settings = EvaluatorSettings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.bounds = {}


def test_settings_go_through_a_dictionary_and_a_pickle():
    settings = EvaluatorSettings(bounds={"mae": 0.7})
    assert EvaluatorSettings.from_dict(dataclasses.asdict(settings)) == settings
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own bytes


def test_the_callers_table_is_not_shared():
    bounds = {"rmse": 1.0}
    settings = EvaluatorSettings(bounds=bounds)
    bounds["rmse"] = 9.0
    assert settings.bounds["rmse"] == 1.0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"bound": {}}, r"'bound'; did you mean 'bounds'"),
        ({"bounds": {"rsme": 1.0}}, r"bounds: 'rsme'; did you mean 'rmse'"),
        ({"bounds": {"zzz": 1.0}}, r"'zzz'; expected one of \['example_count'"),
        ({"bounds": {}}, "at least one metric, received none"),
        ({"bounds": {"rmse": "1"}}, r"bounds\['rmse'\] should be a finite number. Received: '1'"),
        ({"bounds": {"rmse": True}}, "Received: True"),
        ({"bounds": {"rmse": float("nan")}}, "Received: nan"),
        ({"bounds": ["rmse"]}, r"bounds should be a table. Received: \['rmse'\]"),
        ({"slice_by": "genres"}, "slice_by should be a list of distinct.*Received: 'genres'"),
        ({"slice_by": ["genres", "genres"]}, r"distinct.*\['genres', 'genres'\]"),
        ({"slice_bounds": {"cold": {"rmse": 1.0}}}, r"feature=value.*Received: 'cold'"),
        ({"slice_by": 3}, "slice_by should be a list of distinct.*Received: 3"),
        ({"slice_bounds": ["cold"]}, r"slice_bounds should be a table. Received: \['cold'\]"),
        ({"slice_by": [""]}, "all rows together are always measured"),
        ({"slice_by": ["genres"]}, r"user_activity=cold'\] bounds a slice that isn't measured"),
        ({"slice_bounds": {"decade=1990s": {"rmse": 1.0}}}, r"Add 'decade' to it"),
        ({"slice_bounds": {"genres=War": {"ndcg_normal": 0.5}}}, r"ndcg_normal, which could never"),
        ({"slice_bounds": {"genres=War": 1.0}}, r"genres=War'\] should be a table. Received: 1.0"),
        ({"max_regression": {"rmse": -0.1}}, r"max_regression\['rmse'\].*at least 0.*-0.1"),
    ],
)
def test_a_bad_setting_is_named(table, message):
    with pytest.raises(ValueError, match=message):
        EvaluatorSettings.from_dict(table)


def test_rankings_can_be_bounded_where_users_are_whole():
    settings = EvaluatorSettings(slice_bounds={"user_activity=cold": {"ndcg_normal": 0.5}})
    assert settings.slice_bounds["user_activity=cold"]["ndcg_normal"] == 0.5

"""The picture of the board, by what it tells Vega-Lite to draw."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scoreboard.chart import chart_spec, draw_chart
from scoreboard.summaries import Spread, Summary

DEFAULT = "gp_dnn (ordinal)"


def summary(
    label: str,
    rmse: float | None,
    *,
    error: float | None = None,
    protocol: str = "temporal",
    is_peer: bool = False,
) -> Summary:
    metrics: Mapping[str, Spread] = {} if rmse is None else {"rmse": Spread(rmse, None)}
    return Summary(
        protocol=protocol,
        label=label,
        is_peer=is_peer,
        seeds=1,
        metrics=metrics,
        metrics_unforced=None,
        paired=None if error is None else {"rmse": (0.0, error)},
        fit_seconds=Spread(1.0, None),
        peak_memory_mb=1.0,
    )


MODELS = (
    summary(DEFAULT, 0.80),
    summary("mf (mse)", 0.90, error=0.01),
    summary("bias (mse)", 0.92, error=0.01),
    summary("svd", 0.94, error=0.02, is_peer=True),
    summary("dummy (mse)", 1.80, error=0.05),
)


def panels(*summaries: Summary) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = chart_spec(summaries)["concat"]
    return found


def rmse_rows(*summaries: Summary) -> dict[str, dict[str, Any]]:
    """The rows of the first panel, by model."""
    rows = panels(*summaries)[0]["data"]["values"]
    return {row["model"]: row for row in rows}


def test_a_bar_is_the_interval_of_the_difference_from_the_default_model() -> None:
    rows = rmse_rows(*MODELS)
    assert (rows["svd"]["low"], rows["svd"]["high"]) == pytest.approx((0.9008, 0.9792))
    assert "low" not in rows[DEFAULT]


def test_an_error_that_is_not_defined_has_no_bar(tmp_path: Path) -> None:
    members = (MODELS[0], summary("svd", 0.94, error=float("nan"), is_peer=True))
    assert "low" not in rmse_rows(*members)["svd"]
    draw_chart(members, tmp_path / "board.svg")
    assert "0.940" in (tmp_path / "board.svg").read_text(encoding="utf-8")


def test_a_model_that_is_far_out_is_a_triangle_and_leaves_the_scale_to_the_others() -> None:
    rows = rmse_rows(*MODELS)
    assert (rows["dummy (mse)"]["shape"], rows["dummy (mse)"]["text"]) == (
        "triangle-right",
        "1.800",
    )
    assert "low" not in rows["dummy (mse)"]
    domain = panels(*MODELS)[0]["layer"][2]["encoding"]["x"]["scale"]["domain"]
    # From 0.80 to the end of the bar of svd, 0.9792, and 4 % of that on either side.
    assert domain == pytest.approx([0.792832, 0.986368])


def test_a_model_that_is_far_better_is_not_far_out() -> None:
    best = summary(DEFAULT, 0.10)
    assert rmse_rows(best, *MODELS[1:])[DEFAULT]["shape"] == "circle"


def test_peers_and_leaky_protocols_have_colours_of_their_own() -> None:
    assert rmse_rows(*MODELS)["svd"]["kind"] == "peer"
    assert rmse_rows(*MODELS)["mf (mse)"]["kind"] == "this project"
    leaky = summary("svd", 0.7, protocol="reference-leaky", is_peer=True)
    assert rmse_rows(leaky)["svd"]["kind"] == "leaky"


def test_a_protocol_is_a_row_with_its_title_once() -> None:
    found = panels(*MODELS, summary("mf (mse)", 0.9, protocol="random"))
    assert len(found) == 8
    assert [panel["title"]["text"] for panel in found] == [
        "temporal", "", "", "", "random", "", "", "",
    ]  # fmt: skip


def test_the_picture_names_every_model(tmp_path: Path) -> None:
    draw_chart(MODELS, tmp_path / "board.svg")
    text = (tmp_path / "board.svg").read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert [model.label for model in MODELS if model.label not in text] == []


def test_without_figures_of_test_ratings_there_is_no_picture(tmp_path: Path) -> None:
    draw_chart([summary("ease", None)], tmp_path / "board.svg")
    assert not (tmp_path / "board.svg").exists()

from pathlib import Path

from components.evaluator.metrics import ALL_METRICS
from scoreboard.cells import Cell, Result
from scoreboard.markdown import write_markdown
from scoreboard.slides import SLIDES_METRICS
from scoreboard.summaries import all_tables, summarise


def result(protocol: str, model: str, objective: str, seed: int, value: float) -> Result:
    metrics = dict.fromkeys((metric.name for metric in SLIDES_METRICS), value)
    return Result(
        cell=Cell(protocol=protocol, model=model, objective=objective, seed=seed),
        fingerprint="f",
        metrics=metrics,
        metrics_unforced={"rmse": value + 0.5} if protocol.startswith("reference") else None,
        by_user=None,
        fit_seconds=2.0 + seed,
        peak_memory_mb=100.0 + seed,
    )


RESULTS = [
    result("reference", "mf_dnn", "mse", 0, 0.90),
    result("reference", "mf_dnn", "mse", 1, 0.94),
    result("reference", "svd", "", 0, 0.91),
    result("reference-leaky", "mf_dnn", "mse", 0, 0.70),
]


def test_seeds_become_mean_and_sample_deviation() -> None:
    summary = summarise(RESULTS)[0]
    assert (summary.label, summary.seeds) == ("mf_dnn (mse)", 2)
    assert summary.metrics["rmse"].text(ALL_METRICS["rmse"]) == "0.9200 ± 0.0283"
    assert summary.fit_seconds.mean == 2.5
    assert summary.peak_memory_mb == 101


def test_the_slides_two_tables_stand_beside_ours() -> None:
    errors, rankings = all_tables(summarise(RESULTS))[:2]
    assert errors.columns == (
        "", "dummy", "mf", "mf_history", "mf_dnn (mse)", "mf_dnn (cross_entropy)",
        "gp_dnn (ordinal)",
    )  # fmt: skip
    assert errors.rows[0] == ("RMSE, slides", "3.23", "0.93", "0.925", "0.82", "1.44", "-")
    assert errors.rows[1] == ("RMSE, ours", "-", "-", "-", "0.9200 ± 0.0283", "-", "-")
    assert [row[0] for row in rankings.rows[::2]] == [
        "NDCG@10 strict, slides", "NDCG@10 normal, slides",
        "P@10 strict, slides", "P@10 normal, slides",
    ]  # fmt: skip


def test_every_table_of_a_leaky_protocol_says_so() -> None:
    tables = all_tables(summarise(RESULTS))
    leaky = [table for table in tables if "reference-leaky" in table.title]
    assert len(leaky) == 4
    assert all("LEAKY" in table.title for table in leaky)
    assert not any("LEAKY" in table.title for table in tables if table not in leaky)


def test_reference_is_shown_without_its_forced_rows_too() -> None:
    (table,) = [
        table
        for table in all_tables(summarise(RESULTS))
        if table.title.startswith("reference: ") and "gives away" in table.title
    ]
    assert [row[:2] for row in table.rows] == [
        ("mf_dnn (mse)", "1.4200 ± 0.0283"), ("svd, peer", "1.4100"),
    ]  # fmt: skip


def test_the_generated_page_starts_with_its_command(tmp_path: Path) -> None:
    page = tmp_path / "scoreboard.md"
    write_markdown(summarise(RESULTS), page, "movielens scoreboard --quick", Path("board.svg"))
    text = page.read_text()
    assert "    movielens scoreboard --quick\n" in text.partition("##")[0]
    assert "**LEAKY**" in text
    assert "| mf_dnn (mse) | 0.9200 ± 0.0283 |" in text

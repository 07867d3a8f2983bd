"""`docs/explanation/scoreboard.md`: generated, with the command on top."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scoreboard.protocols import LEAKY_MARK, PROTOCOLS
from scoreboard.summaries import Summary, Table, all_tables, default_label

_PICTURE: Final = (
    "Bars are 95 % intervals of the difference from {default}, which is the dashed line, paired by "
    "users. AUC has none. Models whose values are far out are triangles at the edge."
)


def write_markdown(summaries: Sequence[Summary], path: Path, command: str, chart: Path) -> None:
    """Writes the whole board, with the command that generates it and a picture beside it."""
    parts = [
        "<!-- Generated. Do not edit: run the command below. -->\n# Scoreboard",
        f"    {command}",
        _introduction(summaries),
        f"![Every model and its peers by protocol]({chart.name})",
        _PICTURE.format(default=default_label()),
        *map(_table, all_tables(summaries)),
    ]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _introduction(summaries: Sequence[Summary]) -> str:
    names = {each.protocol for each in summaries}
    text = (
        "All figures are of the test ratings: the mean over the seeds, ± their sample standard "
        "deviation. Our models learn from train and stop by eval; `gp_dnn` is then trained once "
        "more, on both. Peers learn from train and eval with fixed options; only LightGBM stops by "
        "eval. Nothing is chosen on test. The fit time is wall time with the export, and the peak "
        "is the memory of the whole process; both depend on the machine."
    )
    if any(PROTOCOLS[name].is_leaky for name in names):
        text += (
            f"\n\n**{LEAKY_MARK}**: in `reference-leaky` the aggregates are computed over all "
            "ratings, test ratings too, as in the slides. Its figures exist for the comparison "
            "with the slides and say nothing of how good a model is. The pipeline has no such "
            "split, and no model of it is kept."
        )
    if any(PROTOCOLS[name].has_forced_rows for name in names):
        text += (
            "\n\n`reference` gives labels away: a test movie whose id lies between a user's last "
            "train like and last train dislike can only be of one kind (3,747 of 30,605 rows of "
            "the default data). That is why its figures are given with and without those rows."
        )
    return text


def _table(table: Table) -> str:
    lines = [
        f"## {table.title}\n",
        "| " + " | ".join(table.columns) + " |",
        "|---" * len(table.columns) + "|",
        *("| " + " | ".join(row) + " |" for row in table.rows),
    ]
    return "\n".join(lines)

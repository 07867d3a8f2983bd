"""`docs/scoreboard.md`: generated, with the command on top."""

from collections.abc import Sequence
from pathlib import Path

from scoreboard.protocols import LEAKY_MARK, PROTOCOLS
from scoreboard.summaries import Summary, Table, all_tables


def write_markdown(
    summaries: Sequence[Summary], path: Path, command: str, chart: Path | None
) -> None:
    """Writes the whole board.

    Args:
        summaries: Of the board.
        path: The file; replaced where it exists.
        command: What generates the file.
        chart: The picture to show, beside the file; None for none.
    """
    parts = [
        "<!-- Generated. Do not edit: run the command below. -->\n# Scoreboard",
        f"    {command}",
        _introduction(summaries),
    ]
    if chart is not None:
        parts.append(f"![Every model and its peers by protocol]({chart.name})")
    parts += [_table(table) for table in all_tables(summaries)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _introduction(summaries: Sequence[Summary]) -> str:
    names = {each.protocol for each in summaries}
    text = (
        "Figures are of the test ratings (mean ± sample standard deviation over seeds). Our models "
        "learn from train and stop by eval; `gp_dnn` is then trained once more, on both. Peers "
        "learn from train and eval with fixed options, but LightGBM stops by eval. Nothing is "
        "chosen on test. Fit time includes export and is the wall time on the machine at hand; "
        "the peak is of the whole process."
    )
    if any(PROTOCOLS[name].is_leaky for name in names):
        text += (
            f"\n\n**{LEAKY_MARK}**: in `reference-leaky` the aggregates are over all ratings, test "
            "too, as in the slides. Its figures compare like with like and are no achievement; the "
            "pipeline knows no such split, and no model of it is kept."
        )
    if any(PROTOCOLS[name].has_forced_rows for name in names):
        text += (
            "\n\n`reference` gives labels away: a test movie whose id lies between a user's last "
            "train like and last train dislike can only be of one kind (3,747 of 30,605 rows of "
            "the default data). Its figures are given with and without those rows."
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

"""Writes `docs/reference/columns.md` from the columns' own descriptions."""

from collections.abc import Mapping

from reports.runs.loading import COLUMNS
from reports.trials.columns import BLOCK_COLUMNS, EPOCH_COLUMNS
from tests.conftest import ROOT

HEAD = """# Columns

What `reports.load` gives, and the CSV files inside a page. Units are in the names: seconds, bytes,
samples per second, shares from 0 to 1. What a trial did not give is NaN or None, and `absent` says
why. This page is made from `reports/trials/columns.py`.
"""
TABLES: dict[str, Mapping[str, str]] = {
    "Trials: `reports.load(path)`, `...-trials.csv`": COLUMNS,
    "Blocks: `...-blocks.csv`": BLOCK_COLUMNS,
    "Evaluations: `...-evaluations.csv`": EPOCH_COLUMNS,
}


def document() -> str:
    """The page as Markdown."""
    return HEAD + "".join(_table(title, columns) for title, columns in TABLES.items())


def _table(title: str, columns: Mapping[str, str]) -> str:
    lines = "".join(f"| `{name}` | {_cell(words)} |\n" for name, words in columns.items())
    return f"\n## {title}\n\n| column | what it is |\n| --- | --- |\n{lines}"


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


if __name__ == "__main__":
    (ROOT / "docs" / "reference" / "columns.md").write_text(document(), encoding="utf-8")

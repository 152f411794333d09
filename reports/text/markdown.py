"""Text and tables as Markdown: what a record says is text, no markup, no mention, no link."""

import re
from collections.abc import Iterable, Sequence

import pandas as pd

# As character references, which are text to every reader of Markdown; a backslash is not to all.
MARKUP = str.maketrans({character: f"&#{ord(character)};" for character in "&<>|\\`*_[]~$"})
# GitHub and GitLab look for these in the text that is left: users, issues, addresses. A word
# joiner, which nobody sees, keeps them from what follows.
REFERENCE = re.compile(r"[@#!$%&~](?=\w)|:(?=//)|\bwww(?=\.)|\bGH-(?=\d)", re.IGNORECASE)
JOINER = "\N{WORD JOINER}"
# What would begin a list, a heading or a rule at the start of a line.
BLOCK = re.compile(r"^(\d*)([-+=#.)])(?=[-=#\s]|$)")


def escape(text: str) -> str:
    """Text of one line that Markdown shows as it is."""
    # No line end is left, nor four spaces that would make a line code.
    line = " ".join(text.split())
    joined = REFERENCE.sub(lambda match: match[0] + JOINER, line)
    return BLOCK.sub(lambda match: f"{match[1]}&#{ord(match[2])};", joined.translate(MARKUP))


def format_table(text: pd.DataFrame, corner: str, numbers: bool) -> str:
    """A table whose first column is the index.

    Args:
        corner: heading of the column of row headings.
        numbers: whether the other columns are aligned to the right.
    """
    alignment = ["---", *["---:" if numbers else "---"] * len(text.columns)]
    rows = ([str(cell) for cell in row] for row in text.itertuples(name=None))
    lines = [_line(map(escape, [corner, *map(str, text.columns)])), _line(alignment)]
    return "\n".join([*lines, *(_line(map(escape, row)) for row in rows)])


def format_list(lines: Sequence[str]) -> str:
    """A list with an item for each line."""
    return "\n".join(f"- {escape(line)}" for line in lines)


def format_alarm(title: str, warning: str, lines: Sequence[str]) -> str:
    """A section that warns of something, which it lists; empty where there is nothing to list."""
    return "\n\n".join((f"### {title}", f"**{warning}**", format_list(lines))) if lines else ""


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"

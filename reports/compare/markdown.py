"""A comparison as Markdown, for a pull request or a job's summary."""

import re

import pandas as pd

from reports.compare import sentences
from reports.compare.outcome import Outcome
from reports.compare.tables import changes, metric_table, sides

# Everything that Markdown or GitHub could take for more than text.
SPECIAL = re.compile(r"([\\`*_\[\]<>#|~@$&])")


def markdown(outcome: Outcome) -> str:
    """The verdict, what changed, and everything else folded away."""
    parts = [f"## samestep: {_escaped(sentences.headline(outcome))}", _table(sides(outcome), "")]
    changed = changes(outcome)
    if len(changed):
        parts.append(_table(changed, "Trial"))
    parts += [_escaped(line) for line in sentences.left_out(outcome)]
    parts += [_escaped(line) for side in (outcome.base, outcome.head) for line in side.problems]
    for metric in outcome.metrics:
        found = metric_table(outcome, metric)
        if len(found):
            parts.append(_folded(f"{metric.title}, {metric.unit}", _table(found, "Trial")))
    parts.append(_escaped(sentences.method(outcome)))
    return "\n\n".join(parts) + "\n"


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"


def _table(text: pd.DataFrame, corner: str) -> str:
    rows = [[corner, *text.columns], ["---"] * (1 + len(text.columns))]
    lines = [_line(rows[0]), "|".join(["", *rows[1], ""])]
    lines += [
        _line([name, *cells])
        for name, cells in zip(text.index, text.itertuples(index=False), strict=True)
    ]
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    """The text as itself: nothing in it is markup, a mention or a link."""
    line = " ".join(str(text).split())
    # A web address becomes a link by itself, but not with something between its parts.
    return SPECIAL.sub(r"\\\1", line).replace("://", ":\N{ZERO WIDTH SPACE}//")

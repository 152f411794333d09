"""The page's own data as files that it carries: links that need neither a network nor a script."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from reports import frame
from reports.export import document
from reports.runs import Run

# Of one file: browsers open longer links unreliably, and a mail has its limits.
MOST_BYTES = 1_000_000
# What would be too large anyhow is not made only to be measured.
LEAST_LINE_BYTES = 40


@dataclass(frozen=True)
class Download:
    """A file inside the page.

    Attributes:
        words: what is in it.
        url: None where it is too large for a page.
        size: in bytes; 0 where it is too large.
    """

    name: str
    words: str
    url: str | None
    size: int = 0


def downloads(run: Run) -> tuple[Download, ...]:
    """The trials, their blocks and evaluations as CSV, and the tables as JSON, in base units."""
    return tuple(_download(run, name, *how) for name, how in _FILES.items())


def _download(
    run: Run, name: str, words: str, lines: Callable[[Run], int], make: Callable[[Run], str]
) -> Download:
    if lines(run) * LEAST_LINE_BYTES > MOST_BYTES:
        return Download(f"{run.name}-{name}", words, None)
    content = make(run).encode("utf-8", errors="replace")
    if len(content) > MOST_BYTES:
        return Download(f"{run.name}-{name}", words, None)
    kind = "application/json" if name.endswith(".json") else "text/csv"
    url = f"data:{kind};charset=utf-8;base64,{base64.b64encode(content).decode('ascii')}"
    return Download(f"{run.name}-{name}", words, url, len(content))


def _blocks(run: Run) -> int:
    return sum(len(record.measured_blocks) for record in run.records)


def _evaluations(run: Run) -> int:
    return sum(len(record.epochs) for record in run.records)


# What each is, how many lines it has at least, and how it is made.
_FILES: dict[str, tuple[str, Callable[[Run], int], Callable[[Run], str]]] = {
    "trials.csv": (
        "a line per trial, with all that is known of it",
        lambda run: len(run.records),
        lambda run: run.table.to_csv(index=False),
    ),
    "blocks.csv": (
        "a line per measured block",
        _blocks,
        lambda run: frame.blocks(run.records).to_csv(index=False),
    ),
    "evaluations.csv": (
        "a line per evaluation: losses and accuracies",
        _evaluations,
        lambda run: frame.epochs(run.records).to_csv(index=False),
    ),
    "tables.json": ("the tables of this page with intervals and reasons", lambda run: 1, document),
}

"""The page's own data as files that it carries: links that need neither a network nor a script."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from reports import frame
from reports.export import document
from reports.runs import Run

# Of one file: browsers open longer links unreliably, and a mail has its limits.
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Download:
    """A file inside the page.

    Attributes:
        words: what is in it.
        url: None where it is too large for a page.
        size: in bytes.
    """

    name: str
    words: str
    url: str | None
    size: int


def downloads(run: Run) -> tuple[Download, ...]:
    """The trials, their blocks and evaluations as CSV, and the tables as JSON, in base units."""
    return tuple(_download(run, name, words, make) for name, (words, make) in _FILES.items())


def _download(run: Run, name: str, words: str, make: Callable[[Run], str]) -> Download:
    content = make(run).encode("utf-8", errors="replace")
    kind = "application/json" if name.endswith(".json") else "text/csv"
    url = f"data:{kind};charset=utf-8;base64,{base64.b64encode(content).decode('ascii')}"
    fits = len(content) <= MOST_BYTES
    return Download(f"{run.name}-{name}", words, url if fits else None, len(content))


_FILES: dict[str, tuple[str, Callable[[Run], str]]] = {
    "trials.csv": (
        "a line per trial, with all that is known of it",
        lambda run: frame.trials(run.records).to_csv(index=False),
    ),
    "blocks.csv": (
        "a line per measured block",
        lambda run: frame.blocks(run.records).to_csv(index=False),
    ),
    "evaluations.csv": (
        "a line per evaluation: losses and accuracies",
        lambda run: frame.epochs(run.records).to_csv(index=False),
    ),
    "tables.json": ("the tables of this page with intervals and reasons", document),
}

"""The page's own data as files that it carries: links that need neither a network nor a script."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.content.export import to_json
from reports.runs.loading import LoadedRuns
from reports.trials import frame

# Of one file: browsers open longer links unreliably, and a mail has its limits.
MOST_BYTES = 1_000_000
# What would be too large anyhow is not made only to be measured.
LEAST_LINE_BYTES = 40


@dataclass(frozen=True)
class Download:
    """A file inside the page.

    Attributes:
        url: None where it is too large for a page.
        size: in bytes; 0 where it is too large.
    """

    name: str
    words: str
    url: str | None
    size: int = 0


def make_downloads(
    run: LoadedRuns, comparisons: Sequence[Mapping[str, Any]] | None = None
) -> tuple[Download, ...]:
    """The trials, their blocks and evaluations as CSV, and the tables as JSON, in base units.

    Args:
        comparisons: the run's, as `reports.content.export` has them, where they are there already.
    """
    records = run.records
    trials = "a line per trial, with all that is known of it"
    blocks = "a line per measured block"
    evaluations = "a line per evaluation: losses and accuracies"
    tables = "the tables of this page with intervals and reasons"
    block_count = int(run.table["measured_blocks"].sum())
    evaluation_count = sum(len(record.epochs) for record in records)
    return (
        _csv(f"{run.name}-trials.csv", trials, len(records), lambda: run.table),
        _csv(f"{run.name}-blocks.csv", blocks, block_count, lambda: frame.build_blocks(records)),
        _csv(
            f"{run.name}-evaluations.csv",
            evaluations,
            evaluation_count,
            lambda: frame.build_epochs(records),
        ),
        _download(f"{run.name}-tables.json", tables, "application/json", to_json(run, comparisons)),
    )


def _csv(name: str, words: str, lines: int, build: Callable[[], pd.DataFrame]) -> Download:
    if lines * LEAST_LINE_BYTES > MOST_BYTES:
        return Download(name, words, None)
    return _download(name, words, "text/csv", build().to_csv(index=False))


def _download(name: str, words: str, kind: str, text: str) -> Download:
    content = text.encode("utf-8", errors="replace")
    if len(content) > MOST_BYTES:
        return Download(name, words, None)
    url = f"data:{kind};charset=utf-8;base64,{base64.b64encode(content).decode('ascii')}"
    return Download(name, words, url, len(content))

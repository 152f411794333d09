"""The page's own data as files that it carries: links that need neither a network nor a script."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.content.export import to_json
from reports.runs.loaded import LoadedRuns
from reports.trials import frame

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


def make_downloads(
    run: LoadedRuns, comparisons: Sequence[Mapping[str, Any]] | None = None
) -> tuple[Download, ...]:
    """The trials, their blocks and evaluations as CSV, and the tables as JSON, in base units.

    Args:
        comparisons: the run's, as `reports.content.export` has them, where they are there already.
    """
    records = run.records
    blocks = int(run.table["measured_blocks"].sum())
    evaluations = sum(len(record.epochs) for record in records)
    return (
        _download(
            run,
            "trials.csv",
            "a line per trial, with all that is known of it",
            len(records),
            lambda: run.table.to_csv(index=False),
        ),
        _download(
            run,
            "blocks.csv",
            "a line per measured block",
            blocks,
            lambda: frame.build_blocks(records).to_csv(index=False),
        ),
        _download(
            run,
            "evaluations.csv",
            "a line per evaluation: losses and accuracies",
            evaluations,
            lambda: frame.build_epochs(records).to_csv(index=False),
        ),
        _download(
            run,
            "tables.json",
            "the tables of this page with intervals and reasons",
            1,
            lambda: to_json(run, comparisons),
        ),
    )


def _download(
    run: LoadedRuns, name: str, words: str, lines: int, make: Callable[[], str]
) -> Download:
    if lines * LEAST_LINE_BYTES > MOST_BYTES:
        return Download(f"{run.name}-{name}", words, None)
    content = make().encode("utf-8", errors="replace")
    if len(content) > MOST_BYTES:
        return Download(f"{run.name}-{name}", words, None)
    kind = "application/json" if name.endswith(".json") else "text/csv"
    url = f"data:{kind};charset=utf-8;base64,{base64.b64encode(content).decode('ascii')}"
    return Download(f"{run.name}-{name}", words, url, len(content))

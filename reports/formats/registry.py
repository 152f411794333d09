"""The formats that `python -m reports export` writes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bench.errors import ResultsError, quote_name
from reports.formats import bmf, github, junit, markdown, openmetrics, tables
from reports.runs.loading import LoadedRuns


@dataclass(frozen=True)
class FileFormat:
    """A format that another tool reads.

    Attributes:
        name: on the command line.
        words: what is in it and who reads it.
        document: makes the file's content; bytes are no text for a terminal.
        file: its name in a run's folder, of what is not text.
    """

    name: str
    words: str
    document: Callable[[LoadedRuns], str | bytes]
    file: str | None = None


FORMATS: tuple[FileFormat, ...] = (
    FileFormat("bmf", "Bencher Metric Format, for bencher.dev", bmf.to_bmf),
    FileFormat("csv", "a line per trial", tables.to_csv),
    FileFormat("csv-series", "a line per series: medians and intervals", tables.to_series_csv),
    FileFormat(
        "github-bigger",
        "github-action-benchmark's customBiggerIsBetter: throughput, accuracy",
        partial(github.to_github, bigger=True),
    ),
    FileFormat(
        "github-smaller",
        "github-action-benchmark's customSmallerIsBetter: times, memory, energy",
        partial(github.to_github, bigger=False),
    ),
    FileFormat("junit", "JUnit XML: a test case per trial", junit.to_junit),
    FileFormat("markdown", "tables for a job's summary or a pull request", markdown.to_markdown),
    FileFormat(
        "openmetrics", "for GitLab's metrics reports and Prometheus", openmetrics.to_openmetrics
    ),
    FileFormat("parquet", "a row per trial", tables.to_parquet, file="trials.parquet"),
)


def find_format(name: str) -> FileFormat:
    """The format of a name.

    Raises:
        ResultsError: there is none.
    """
    formats = {item.name: item for item in FORMATS}
    if name not in formats:
        raise ResultsError(
            f"--format {quote_name(name, formats)} is not known; expected one of "
            f"{', '.join(formats)}; name one of those."
        )
    return formats[name]

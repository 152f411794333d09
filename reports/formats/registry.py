"""The formats that `python -m reports export` writes."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.errors import ResultsError
from reports.formats import bmf, github, junit, markdown, medians, openmetrics, parquet, trials
from reports.runs.runs import Run


@dataclass(frozen=True)
class FileFormat:
    """One of them.

    Attributes:
        name: on the command line.
        words: what is in it and who reads it.
        document: makes the file's content; bytes are no text for a terminal.
        file: its name in a run's folder, of what is not text.
    """

    name: str
    words: str
    document: Callable[[Run], str | bytes]
    file: str | None = None


FORMATS: tuple[FileFormat, ...] = (
    FileFormat("bmf", "Bencher Metric Format, for bencher.dev", bmf.document),
    FileFormat("csv", "a line per trial", trials.document),
    FileFormat("csv-series", "a line per series: medians and intervals", medians.document),
    FileFormat(
        "github-bigger",
        "github-action-benchmark's customBiggerIsBetter: throughput, accuracy",
        github.bigger_is_better,
    ),
    FileFormat(
        "github-smaller",
        "github-action-benchmark's customSmallerIsBetter: times, memory, energy",
        github.smaller_is_better,
    ),
    FileFormat("junit", "JUnit XML: a test case per trial", junit.document),
    FileFormat("markdown", "tables for a job's summary or a pull request", markdown.document),
    FileFormat("openmetrics", "for GitLab's metrics reports and Prometheus", openmetrics.document),
    FileFormat("parquet", "a row per trial", parquet.document, file="trials.parquet"),
)


def file_format(name: str) -> FileFormat:
    """The format of a name.

    Raises:
        ResultsError: there is none.
    """
    for one in FORMATS:
        if one.name == name:
            return one
    names = ", ".join(one.name for one in FORMATS)
    raise ResultsError(
        f"--format {name!r} is not known; expected one of {names}; name one of those."
    )

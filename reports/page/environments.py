"""What the frameworks' environments held: packages and environment variables."""

from collections.abc import Iterable

import pandas as pd

from bench.records.results import Record
from reports.ranking.comparisons import Comparison
from reports.records.identity import keep_distinct
from reports.text import titles, units
from reports.text.markup import build_text_table

# What readers ask for first; the page holds all packages, folded.
MAIN_PACKAGES = (
    "python",
    "numpy",
    "torch",
    "tensorflow",
    "tensorflow-cpu",
    "keras",
    "mxnet",
    "mxnet-cu112",
    "jax",
    "jaxlib",
    "flax",
    "optax",
)

Versions = dict[str, str]


def collect_packages(records: Iterable[Record]) -> dict[str, Versions]:
    """The packages of each environment, by the framework's title and version.

    Where a run saw several environments of one framework version, the later ones are numbered.
    """
    environments: dict[str, list[Versions]] = {}
    for record in records:
        framework = titles.title_framework(record)
        product = " ".join(filter(None, (framework, record.framework_version)))
        seen = environments.setdefault(product, [])
        if record.versions and record.versions not in seen:
            seen.append(record.versions)
    return {
        f"{name} (environment {number})" if number > 1 else name: versions
        for name, sets in environments.items()
        for number, versions in enumerate(sets, start=1)
    }


def build_version_table(environments: dict[str, Versions]) -> pd.DataFrame:
    """A row per environment, a column per main package that any of them has."""
    present = [
        name for name in MAIN_PACKAGES if any(name in item for item in environments.values())
    ]
    rows = (
        (title, [versions.get(name, units.ABSENT) for name in present])
        for title, versions in environments.items()
    )
    return build_text_table(rows, present)


def build_variable_table(comparisons: Iterable[Comparison]) -> pd.DataFrame:
    """The environment variables that each row's trials ran with, each combination once."""
    rows = dict.fromkeys(
        (row.label, ", ".join(f"{name}={value}" for name, value in environment.items()) or "none")
        for comparison in comparisons
        for row in comparison.rows
        for environment in keep_distinct(record.environment for record in row.finished)
    )
    return build_text_table(((label, [text]) for label, text in rows), ["Environment variables"])

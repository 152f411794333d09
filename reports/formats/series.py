"""The rows of a run as dashboards know them: by names that stay the same from run to run."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import chain, count

from reports.ranking.comparisons import Comparison
from reports.ranking.rows import Row
from reports.text import titles
from reports.text.output import drop_surrogates

UNKNOWN = "unknown"
SEPARATOR = "@"


@dataclass(frozen=True, eq=False)
class NamedRow:
    """A row of a comparison under the name of its series.

    Attributes:
        name: `Trial.series`. Where several rows of one file have the same, what tells them apart
            is appended, so that no two are called alike.
    """

    name: str
    comparison: Comparison
    row: Row

    @property
    def version(self) -> str:
        """Version of the framework."""
        return self.row.version or UNKNOWN

    @property
    def commit(self) -> str:
        """Commit of samestep, shortened."""
        # All records of a row have the same: of another commit is another row.
        return titles.shorten_commit(self.row.records[0].commit)

    @property
    def machine(self) -> str:
        """The key of the machine."""
        return self.comparison.work.machine

    @property
    def ranked(self) -> bool:
        """Whether the report ranks the row."""
        return self.row.refusal is None

    @property
    def state(self) -> dict[str, str]:
        """What may change while the series goes on, as text."""
        return {
            "framework_version": self.version,
            "commit": self.commit,
            "machine": self.machine,
            "ranked": "true" if self.ranked else "false",
            "unranked_reason": self.row.refusal or "",
        }


def name_rows(comparisons: Iterable[Comparison]) -> tuple[NamedRow, ...]:
    """All rows with their names, in the order of the report."""
    rows = [
        NamedRow(drop_surrogates(row.records[0].trial.series), comparison, row)
        for comparison in comparisons
        for row in comparison.rows
    ]
    alike: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        alike[row.name].append(_facts(row))
    unique: dict[str, NamedRow] = {}
    for row in rows:
        differing = [
            text
            for name, text in _facts(row).items()
            if any(facts[name] != text for facts in alike[row.name])
        ]
        name = _find_unused(SEPARATOR.join((row.name, *differing)), unique)
        unique[name] = replace(row, name=name)
    return tuple(unique.values())


def _facts(named_row: NamedRow) -> dict[str, str]:
    work = named_row.comparison.work
    facts = {
        "version": named_row.version,
        "commit": f"commit-{named_row.commit}",
        "machine": f"machine-{named_row.machine}",
        "threads": f"threads-{work.threads}",
        "epochs": f"epochs-{work.epochs}",
        "optimizer": titles.describe_optimizer(work.optimizer),
    }
    # Two names must not become one when they are written.
    return {name: drop_surrogates(text) for name, text in facts.items()}


def _find_unused(name: str, used: Collection[str]) -> str:
    """The name, with a number behind it if it is there already: parts may hold a hyphen."""
    numbered = (f"{name}{SEPARATOR}{number}" for number in count(2))
    return next(each for each in chain([name], numbered) if each not in used)

"""The rows of a run as dashboards know them: by names that stay the same from run to run."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.ranking.comparisons import Comparison
from reports.ranking.rows import Row
from reports.text import titles

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
    rows = [(comparison, row) for comparison in comparisons for row in comparison.rows]
    named = [
        NamedRow(_encodable(row.records[0].trial.series), comparison, row)
        for comparison, row in rows
    ]
    names = _number_names(_tell_apart(named))
    return tuple(
        NamedRow(name, comparison, row) for name, (comparison, row) in zip(names, rows, strict=True)
    )


def _encodable(text: str) -> str:
    """Without half surrogate pairs: two names must not become one when they are written."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _tell_apart(named: Sequence[NamedRow]) -> list[str]:
    alike: dict[str, list[NamedRow]] = defaultdict(list)
    for named_row in named:
        alike[named_row.name].append(named_row)
    differing = {name: _differing(group) for name, group in alike.items()}
    return [
        SEPARATOR.join(
            (named_row.name, *(_facts(named_row)[fact] for fact in differing[named_row.name]))
        )
        for named_row in named
    ]


def _differing(group: Sequence[NamedRow]) -> list[str]:
    facts = [_facts(named_row) for named_row in group]
    return [name for name in facts[0] if len({each[name] for each in facts}) > 1]


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
    return {name: _encodable(text) for name, text in facts.items()}


def _number_names(names: Sequence[str]) -> list[str]:
    """The names with a number behind those that are there already: parts may hold a hyphen."""
    unique_names: dict[str, None] = {}
    for name in names:
        number, unique = 1, name
        while unique in unique_names:
            number += 1
            unique = f"{name}{SEPARATOR}{number}"
        unique_names[unique] = None
    return list(unique_names)
